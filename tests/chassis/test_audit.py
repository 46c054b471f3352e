"""The audit trail that each transaction leaves: changes, refusals, reads; and what must not stand in it."""

import pytest
from sqlalchemy import select

from chassis import audit
from chassis.requests import Request
from tests.chassis.probe.service import Page, ProbeService

ALL = {"pages:write": "own", "pages:read": "own", "pages:change": "own"}


@pytest.fixture
def probe(tested):
    return tested(ProbeService)


@pytest.fixture
def anna(probe):
    return probe.person("Anna", ALL)


def test_a_command_leaves_an_entry_with_who_when_where_and_what(probe, anna):
    page = probe.call("write_page", anna, title="Tides").json()

    (entry,) = probe.audited()

    assert (entry["kind"], entry["action"], entry["outcome"]) == ("change", "write_page", "done")
    assert (entry["actor"], entry["session_id"]) == (anna.id, anna.caller.session_id)
    assert (entry["remote_addr"], entry["permission"]) == ("192.0.2.1", "pages:write")
    assert (entry["resource"], str(entry["record_id"])) == ("pages", page["id"])
    assert entry["trace_id"]
    (change,) = entry["changes"]
    assert (change["before"], change["after"]["title"]) == (None, "Tides")


def test_a_change_tells_only_the_columns_that_are_different(probe, anna):
    page = probe.call("write_page", anna, title="Tides").json()
    probe.call("rename_page", anna, page_id=page["id"], title="Waves", if_match='"1"')

    (change,) = probe.audited()[-1]["changes"]

    assert change["before"] == {"title": "Tides"}
    assert change["after"] == {"title": "Waves"}


def test_of_a_text_that_is_not_declared_plain_only_that_it_changed_is_told(probe, anna):
    probe.call("write_page", anna, title="Tides", remark="call Bella at home")
    page_id = probe.audited()[0]["record_id"]
    with probe.session(anna) as session:
        session.scalars(select(Page).where(Page.id == page_id)).one().remark = "something else"

    written, changed = (entry["changes"][0] for entry in probe.audited())

    assert written["untold"] == changed["untold"] == ["remark"]
    assert changed["before"] == changed["after"] == {}
    assert "Bella" not in str(probe.audited())


def test_a_command_that_fails_leaves_no_entry_of_a_change(probe, anna):
    probe.call("write_page", anna, title="Tides")
    assert probe.call("write_page", anna, title="Tides").status == 409
    assert probe.call("fail").status == 500
    assert len(probe.audited()) == 1


def test_what_a_savepoint_takes_back_is_not_told(probe, anna):
    with probe.session(anna) as session:
        session.add(Page(title="stays"))
        session.flush()
        savepoint = session.begin_nested()
        session.add(Page(title="goes"))
        session.flush()
        savepoint.rollback()
    (entry,) = probe.audited()
    assert [change["after"]["title"] for change in entry["changes"]] == ["stays"]


def test_a_lacking_permission_is_noted_and_nothing_else_is_left(probe):
    reader = probe.person("Reader", {"pages:read": "all"})
    assert probe.call("write_page", reader, title="Tides").status == 403

    (entry,) = probe.audited()

    assert (entry["kind"], entry["outcome"], entry["actor"]) == ("refusal", "refused", reader.id)
    assert entry["details"] == {"status": 403, "problem": "forbidden"}
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_a_record_out_of_reach_is_noted_with_its_id(probe, anna):
    page = probe.call("write_page", anna, title="Tides").json()
    bella = probe.person("Bella", ALL)
    assert probe.call("read_page", bella, page_id=page["id"]).status == 404

    entry = probe.audited()[-1]

    assert (entry["kind"], entry["actor"], str(entry["record_id"])) == ("refusal", bella.id, page["id"])
    assert entry["resource"] == "pages"


def test_requests_without_a_caller_are_counted(probe):
    assert probe.call("write_page", title="Tides").status == 401
    (entry,) = probe.audited()
    assert (entry["kind"], entry["actor"], entry["remote_addr"]) == ("refusal", None, "192.0.2.1")
    assert entry["details"] == {"times": 1, "problem": "unauthenticated"}


def test_a_read_of_personal_data_tells_who_saw_which_record(probe, anna):
    page = probe.call("write_page", anna, title="Tides").json()
    probe.call("read_author", anna, page_id=page["id"])

    entry = probe.audited()[-1]

    assert (entry["kind"], entry["action"], entry["actor"]) == ("read", "read_author", anna.id)
    assert str(entry["record_id"]) == page["id"]
    assert entry["details"] == {"times": 1, "count": 1, "records": [page["id"]]}


def test_reads_of_one_person_within_half_a_second_are_one_entry(probe, anna):
    pages = [probe.call("write_page", anna, title=f"Page {n}").json()["id"] for n in range(3)]
    units = probe.runtime.units()
    for page in [*pages, pages[0]]:
        units["read_author"].answer(Request(token=anna.token), {"page_id": page})
    probe.runtime.readings.flush()

    entry = probe.audited()[-1]

    assert entry["details"] == {"times": 4, "count": 4, "records": pages}


def test_of_reads_without_personal_data_only_the_first_use_of_the_permission_is_told(probe, anna):
    page = probe.call("write_page", anna, title="Tides").json()
    for _ in range(3):
        probe.call("read_page", anna, page_id=page["id"])
    _, used = probe.audited()
    assert (used["kind"], used["permission"], used["actor"]) == ("use", "pages:read", anna.id)
    assert used["details"] == {}


def test_a_job_and_a_timer_leave_entries_too(probe, anna):
    probe.call("start_copies", anna, count=25)
    probe.run_jobs()
    with probe.session() as session:
        from tests.chassis.probe.service import set_alarm

        set_alarm(session, "Rung", audit.now())
    probe.fire_timers()

    entries = probe.audited()

    assert [entry["action"] for entry in entries] == ["start_copies", *["copy_pages"] * 3, "ring"]
    assert [len(entry["changes"]) for entry in entries] == [0, 10, 10, 5, 1]
    assert {entry["actor"] for entry in entries[:4]} == {anna.id}
    assert entries[4]["actor"] is None


def test_many_changes_are_spread_over_several_entries(probe, anna):
    with probe.session(anna) as session:
        session.add_all(Page(title=f"Page {n}") for n in range(45))
    assert [len(entry["changes"]) for entry in probe.audited()] == [20, 20, 5]


def test_what_no_flush_sees_can_be_noted(probe, anna):
    with probe.session(anna) as session:
        seen = [anna.id]
        audit.note(session, "export_pages", kind=audit.EXPORT, resource="pages", records=seen, format="csv")
    (entry,) = probe.audited()
    assert (entry["kind"], entry["action"], entry["resource"]) == ("export", "export_pages", "pages")
    assert entry["details"] == {"count": 1, "format": "csv", "records": [str(anna.id)]}


def test_a_service_that_names_unknown_columns_does_not_start():
    from chassis.operations import DeclarationError

    with pytest.raises(DeclarationError, match=r"pages\.colour"):
        type("Wrong", (ProbeService,), {"audited": {"pages": ("colour",)}})

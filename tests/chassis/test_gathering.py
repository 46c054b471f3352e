"""Audit entries on their way out: numbered without gaps, in batches that fit, and sent again when they are missed."""

from chassis import audit, gathering
from chassis.gathering import EntriesMissed, Gatherer, audit_id
from chassis.testing.tested import together
from tests.chassis.probe.service import Page, ProbeService

ALL = {"pages:write": "own", "pages:read": "own", "pages:change": "own"}


def numbers(events):
    return [entry["number"] for event in events for entry in event.entries]


def test_entries_are_numbered_in_order_without_gaps_though_transactions_are_rolled_back(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    for title in ("One", "One", "Two", "Two", "Three"):
        probe.call("write_page", anna, title=title)

    (event,) = probe.gather()

    assert (event.source, event.first, event.version) == ("probe", 1, 3)
    assert numbers([event]) == [1, 2, 3]
    assert [entry["changes"][0]["after"]["title"] for entry in event.entries] == ["One", "Two", "Three"]
    assert [row["number"] for row in probe.audited()] == [1, 2, 3]
    assert probe.gather() == [event]


def test_several_processes_that_gather_at_once_number_each_entry_once(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)

    def write_and_gather(n):
        for turn in range(5):
            probe.call("write_page", anna, title=f"Page {n} {turn}")
            Gatherer("probe", probe.database).gather()

    together(6, write_and_gather)
    assert sorted(numbers(probe.gather())) == list(range(1, 31))


def test_a_batch_fits_into_an_event_and_a_huge_entry_keeps_its_names_only(tested):
    probe = tested(ProbeService)
    with probe.session() as session:
        for number in range(200):
            audit.note(session, "note", number=number, text="x" * 1_000)
        audit.note(session, "huge", before={"a": "x" * 60_000}, after={"a": "y"})

    events = probe.gather()

    assert numbers(events) == list(range(1, 202))
    assert len(events) > 3
    (change,) = events[-1].entries[-1]["changes"]
    assert (change["before"], change["after"], change["untold"]) == ({}, {}, ["a"])


def test_what_was_lost_on_the_way_is_sent_again_by_the_service_that_has_it(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    for number in range(4):
        probe.call("write_page", anna, title=f"Page {number}")
        probe.gather()

    probe.deliver(EntriesMissed(aggregate_id=audit_id("other"), version=1, source="other", first=1))
    assert len(probe.entries_sent()) == 4
    probe.deliver(EntriesMissed(aggregate_id=audit_id("probe"), version=3, source="probe", first=3))

    again = probe.entries_sent()[4:]
    assert numbers(again) == [3, 4]


def test_entries_are_deleted_a_week_after_they_were_gathered_and_numbers_go_on(tested):
    probe = tested(ProbeService)
    with probe.session() as session:
        session.add_all([Page(title="One")])
    probe.gather()
    with probe.session() as session:
        session.add_all([Page(title="Two")])
        session.execute(audit.audit.update().values(gathered_at=audit.now() - audit.KEPT_FOR * 2))
    with probe.database.transaction() as session:
        assert audit.forget_old(session) == 1
    assert numbers(probe.gather()) == [1, 2]


def test_the_event_passes_by_the_live_stream():
    from chassis import topology

    assert gathering.EntriesGathered.__name__ == topology.AUDIT_EVENT
    assert topology.exchange_to("probe", topology.AUDIT_EVENT) == "probe.audit"

"""What every operation does around its function: who may, what comes in, what is kept, and what a refusal leaves."""

from contextlib import ExitStack

from chassis import migrating
from chassis.testing.tested import CONNECTIONS, together
from tests.chassis.probe.service import ProbeService

ALL = {"pages:write": "own", "pages:read": "own", "pages:change": "own"}


def test_the_migrations_make_just_the_tables_that_the_code_declares(tested):
    probe = tested(ProbeService)
    migrating.check(ProbeService, probe.settings)


def test_a_command_commits_its_effect_and_its_event_together(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)

    answer = probe.call("write_page", anna, title="Tides")

    assert (answer.status, answer.etag) == (201, '"1"')
    (event,) = probe.events()
    assert (event["type"], event["actor"], event["payload"]) == ("PageWritten", str(anna.id), {"title": "Tides"})


def test_a_bug_is_an_anonymous_500_and_changes_nothing(tested):
    probe = tested(ProbeService)

    answer = probe.call("fail")

    assert answer.body == {"type": "internal-error", "title": "Something went wrong on our side", "status": 500}
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_who_finds_all_connections_in_use_is_asked_to_come_back(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)

    with ExitStack() as others:
        for _ in range(CONNECTIONS):
            others.enter_context(probe.database.engine.connect())
        answer = probe.call("write_page", anna, title="Tides")

    assert (answer.status, answer.retry_after) == (503, 1)


def test_nobody_gets_in_without_a_token_or_with_a_made_up_one(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    stranger = tested(ProbeService).person("Anna", ALL)

    assert probe.call("write_page", title="Tides").status == 401
    assert probe.call("write_page", stranger, title="Tides").status == 401
    assert probe.call("write_page", anna, title="Tides").status == 201


def test_an_operation_needs_its_permission(tested):
    probe = tested(ProbeService)
    reader = probe.person("Reader", {"pages:read": "all"})
    assert probe.call("write_page", reader, title="Tides").status == 403
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_each_complaint_about_the_input_names_its_field(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    answer = probe.call("write_page", anna, title="", colour="blue")
    assert answer.status == 422
    assert {error["pointer"] for error in answer.body["errors"]} == {"/title", "/colour"}


def test_unknown_and_strangers_records_look_the_same(tested):
    probe = tested(ProbeService)
    anna, bella = probe.person("Anna", ALL), probe.person("Bella", ALL)
    page = probe.call("write_page", anna, title="Tides").json()

    unknown = probe.call("read_page", bella, page_id="01900000-0000-7000-8000-000000000000")
    forbidden = probe.call("read_page", bella, page_id=page["id"])

    assert unknown.status == 404
    assert forbidden.body == unknown.body
    assert probe.call("read_page", anna, page_id=page["id"]).json()["title"] == "Tides"
    assert probe.call("read_page", anna, page_id="nonsense").status == 404


def test_the_same_key_and_request_gets_the_stored_answer(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)

    first = probe.call("write_page", anna, title="Tides", idempotency_key="k")
    again = probe.call("write_page", anna, title="Tides", idempotency_key="k")

    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body
    assert (again.status, again.etag) == (201, '"1"')


def test_a_key_of_another_request_is_refused(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    probe.call("write_page", anna, title="Tides", idempotency_key="k")
    assert probe.call("write_page", anna, title="Waves", idempotency_key="k").body["type"] == "idempotency-key-reused"


def test_another_person_may_use_the_same_key(tested):
    probe = tested(ProbeService)
    anna, bella = probe.person("Anna", ALL), probe.person("Bella", ALL)
    probe.call("write_page", anna, title="Tides", idempotency_key="k")
    assert probe.call("write_page", bella, title="Waves", idempotency_key="k").status == 201


def test_a_refusal_is_not_kept_under_the_key(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    probe.call("write_page", anna, title="Tides")
    assert probe.call("write_page", anna, title="Tides", idempotency_key="k").status == 409
    assert probe.call("write_page", anna, title="Waves", idempotency_key="k").status == 201


def test_fifty_parallel_requests_with_one_key_have_one_effect(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)

    answers = together(50, lambda _: probe.call("write_page", anna, title="Tides", idempotency_key="k"))

    assert {answer.status for answer in answers} <= {201, 409}
    assert sum(answer.status == 201 and not answer.replayed for answer in answers) == 1
    assert all(answer.body["type"] == "idempotency-key-in-use" for answer in answers if answer.status == 409)
    assert all(answer.retry_after for answer in answers if answer.status == 409)
    assert probe.scalar("SELECT count(*) FROM pages") == 1


def test_a_change_needs_the_version_that_the_caller_saw(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    page = probe.call("write_page", anna, title="Tides").json()

    assert probe.call("rename_page", anna, page_id=page["id"], title="Waves").status == 428
    assert probe.call("rename_page", anna, page_id=page["id"], title="Waves", if_match='"7"').status == 412
    renamed = probe.call("rename_page", anna, page_id=page["id"], title="Waves", if_match='"1"')
    assert (renamed.status, renamed.etag, renamed.json()["title"]) == (200, '"2"', "Waves")


def test_of_parallel_changes_of_one_version_one_wins(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    page = probe.call("write_page", anna, title="Tides").json()

    answers = together(
        10, lambda n: probe.call("rename_page", anna, page_id=page["id"], title=f"Wave {n}", if_match='"1"')
    )

    assert sorted(answer.status for answer in answers) == [200] + [412] * 9


def test_pages_follow_each_other_without_gap_or_repetition(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    written = [probe.call("write_page", anna, title=f"Page {n}").json()["id"] for n in range(25)]

    seen, cursor = [], None
    while True:
        page = probe.call("find_pages", anna, limit=10, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == written[::-1]
    assert probe.call("find_pages", anna, cursor="bm9uc2Vuc2U").status == 422

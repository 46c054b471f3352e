"""What is older than the rules of the house allow goes, in every service; who is held stays."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.jobs import JobRun
from chassis.subjects import retaining
from services.customers.privacy import entering
from services.customers.privacy.retention import letting_go, rules, standing
from tests.services.privacy.planted import OFFICER, entered
from tests.services.privacy.suite import Suite


class Clock:
    """Stands still until it is set."""

    def __init__(self):
        self.at = datetime.now(UTC)

    def __call__(self):
        return self.at

    def go_on(self, **time):
        self.at += timedelta(**time)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(entering, "now", clock)
    monkeypatch.setattr(rules, "now", clock)
    return clock


@pytest.fixture
def suite(tested, clock):
    suite = Suite(tested)
    with suite.customers.session() as session:
        rules.begin_learning(session)
    fire(suite, "learn_retention")
    suite.settle()
    return suite


@pytest.fixture
def who(suite):
    return suite.person("Officer", OFFICER)


def fire(suite, kind):
    """Let the timer be due and fire."""
    with suite.customers.database.transaction() as session:
        session.execute(text("UPDATE timers SET due_at = now() WHERE kind = :kind"), {"kind": kind})
    return suite.customers.fire_timers()


def made(suite, who, **rules_of):
    """Rules that hold from now on, ``pool=6`` for six months."""
    customers, officer = suite.customers, suite.customers.stepped_up(who["customers"])
    at = customers.call("get_retention", officer)
    wanted = [{"records": name.replace("__", "."), "months": months} for name, months in rules_of.items()]
    answer = customers.call("set_retention", officer, if_match=at.etag, rules=wanted)
    assert answer.status == 200, answer.body
    return answer.body


def night(suite):
    """The daily run, with all that it leads to. The receipts of the run."""
    fire(suite, "carry_out_retention")
    suite.settle()
    return lines_of(suite, "retention")


def previewed(suite, who, **given):
    customers = suite.customers
    answer = customers.call("preview_retention", who["customers"], **given)
    assert answer.status == 202, answer.body
    suite.settle()
    return lines_of(suite, "retention_preview")


def lines_of(suite, kind):
    """What stands in the receipts of the latest request of a kind: (what, done, why) → (rows, first)."""
    latest = f"SELECT receipts FROM privacy_requests WHERE kind = '{kind}' AND state = 'done' ORDER BY id DESC LIMIT 1"
    receipts = suite.customers.scalar(latest)
    lines = [line for receipt in receipts.values() for line in receipt["lines"]]
    return {(line["what"], line["done"], line["why"]): (line["rows"], line["first"]) for line in lines}


def customer(suite, who, name, **more):
    body = {"name": name, "in_pool": True, "email": f"{name.lower()}@example.com", **more}
    answer = suite.customers.call("create_customer", who["customers"], **body)
    assert answer.status == 201, answer.body
    suite.settle()
    return answer.body["id"]


def logged(suite, who, customer_id, **more):
    said = {"kind": "call", "subject": "canary-subject", "text": "canary-text", **more}
    answer = suite.interactions.call("log_interaction", who["interactions"], customer_id=customer_id, **said)
    assert answer.status == 201, answer.body
    suite.settle()
    return answer.body["id"]


def contacted(suite, customer_id, at):
    """Somebody was in touch with a customer, at a moment of the clock of the test."""
    with suite.customers.database.transaction() as session:
        standing._contacted(session, UUID(customer_id), at)


def names(suite):
    return {suite.customers.scalar("SELECT string_agg(name, ',' ORDER BY name) FROM customers")}


def test_by_default_nothing_is_let_go_of(suite, who, clock):
    customer(suite, who, "Old")
    seen = suite.customers.call("get_retention", who["customers"]).body
    assert (seen["rules"], seen["next_run_at"], seen["version"]) == ([], None, 1)
    assert {one["name"] for one in seen["classes"]} >= {
        "customers.pool",
        "interactions.interactions",
        "tickets.tickets",
    }
    clock.go_on(days=4000)
    assert fire(suite, "carry_out_retention") == 0
    assert previewed(suite, who) == {}


def test_each_class_is_declared_by_the_service_that_keeps_it(suite, who):
    seen = suite.customers.call("get_retention", who["customers"]).body["classes"]
    declared = {
        f"{name}.{one.name}" for name, service in suite.services.items() for one in service.service.personal.retained
    }
    assert {one["name"] for one in seen} == declared
    assert {one["outcome"] for one in seen} == {"erased", "emptied"}


def test_customers_in_the_pool_without_a_contact_are_erased_everywhere(suite, who, clock):
    customer(suite, who, "Silent")
    mine = customer(suite, who, "Mine", in_pool=False)
    talked = customer(suite, who, "Talked")
    made(suite, who, customers__pool=6)
    clock.go_on(days=150)
    contacted(suite, talked, clock.at)
    clock.go_on(days=100)
    assert night(suite)["customers.pool", "erased", None][0] == 1
    assert names(suite) == {"Mine,Talked,[erased]"}
    assert suite.interactions.scalar("SELECT count(*) FROM customers WHERE name = 'Silent'") == 0
    assert mine
    clock.go_on(days=100)
    night(suite)
    assert names(suite) == {"Mine,[erased],[erased]"}


def test_before_the_time_is_over_nothing_goes(suite, who, clock):
    customer(suite, who, "Young")
    made(suite, who, customers__pool=6)
    clock.go_on(days=170)
    assert night(suite)["customers.pool", "erased", None] == (0, [])
    clock.go_on(days=20)
    assert night(suite)["customers.pool", "erased", None][0] == 1


def test_texts_go_and_what_happened_stays(suite, who, clock):
    customer_id = customer(suite, who, "Firm", in_pool=False)
    old = logged(suite, who, customer_id, outcome="canary-outcome", participants=["canary-person"])
    version = suite.interactions.call("get_interaction", who["interactions"], interaction_id=old).body["version"]
    made(suite, who, interactions__interactions=24, tickets__tickets=24)
    ticket = entered(
        *(suite.tickets, who, "create_ticket"), customer_id=customer_id, kind="complaint", subject="canary-ticket"
    )
    entered(suite.tickets, who, "comment_ticket", ticket_id=ticket["id"], text="canary-comment")
    entered(suite.tickets, who, "cancel_ticket", status=200, ticket_id=ticket["id"], note="canary-note")
    suite.settle()
    clock.go_on(days=800)
    done = night(suite)
    assert done["interactions.interactions", "emptied", None] == (1, [old])
    assert done["tickets.tickets", "emptied", None] == (1, [ticket["id"]])
    seen = suite.interactions.call("get_interaction", who["interactions"], interaction_id=old).body
    assert (seen["subject"], seen["text"], seen["outcome"], seen["participants"]) == ("[erased]", None, None, [])
    assert (seen["kind"], seen["version"]) == ("call", version + 1)
    kept = ("tickets.tickets", "tickets.comments", "tickets.ticket_history", "interactions.interactions")
    assert not [table for table in kept if "canary" in suite.dump()[table]]
    assert night(suite)["interactions.interactions", "emptied", None] == (0, [])


def test_whoever_is_held_or_has_an_open_ticket_stays_whatever_his_age(suite, who, clock):
    held, open_one, free = (customer(suite, who, name) for name in ("Held", "Open", "Free"))
    texts = [logged(suite, who, one) for one in (held, open_one, free)]
    hold(suite, who, held)
    ticket = entered(*(suite.tickets, who, "create_ticket"), customer_id=open_one, kind="complaint", subject="s")
    suite.settle()
    made(suite, who, customers__pool=1, interactions__interactions=1)
    clock.go_on(days=400)
    would = previewed(suite, who)
    assert would["customers.pool", "kept", "legal_hold"] == (1, [held])
    assert would["customers.pool", "kept", "open_ticket"] == (1, [open_one])
    assert would["customers.pool", "erased", None] == (1, [free])
    assert would["interactions.interactions", "kept", "legal_hold"] == (1, [texts[0]])
    assert would["interactions.interactions", "kept", "open_ticket"] == (1, [texts[1]])
    assert night(suite) == would
    assert names(suite) == {"Held,Open,[erased]"}
    entered(suite.tickets, who, "cancel_ticket", status=200, ticket_id=ticket["id"])
    lifted = suite.customers.call("lift_hold", who["customers"], customer_id=held)
    assert (lifted.status, lifted.body["kept_for"]) == (200, None)
    suite.settle()
    night(suite)
    assert names(suite) == {"[erased],[erased],[erased]"}


def hold(suite, who, customer_id):
    said = {"customer_id": customer_id, "reason": "Lawsuit"}
    answer = suite.customers.call("hold_customer", who["customers"], **said)
    assert (answer.status, answer.body["kept_for"]) == (200, "legal_hold")
    suite.settle()


def test_nobody_has_somebody_erased_who_is_held(suite, who):
    held = customer(suite, who, "Held")
    hold(suite, who, held)
    officer = suite.customers.stepped_up(who["customers"])
    assert suite.customers.call("order_erasure", officer, customer_id=held).body["type"] == "on-hold"
    assert suite.customers.call("order_erasure", officer, email="held@example.com").body["type"] == "on-hold"
    assert suite.customers.call("order_erasure", officer, customer_id=held, dry_run=True).status == 202


def test_it_is_too_late_to_hold_whose_erasure_was_ordered(suite, who):
    going = customer(suite, who, "Going")
    officer = suite.customers.stepped_up(who["customers"])
    assert suite.customers.call("order_erasure", officer, customer_id=going).status == 202
    late = suite.customers.call("hold_customer", officer, customer_id=going, reason="Lawsuit")
    assert late.body["type"] == "erasure-begun"


def test_a_preview_tells_what_the_run_does_in_many_chunks_and_changes_nothing(suite, who, clock, monkeypatch):
    monkeypatch.setattr(retaining, "BATCH", 3)
    ids = [customer(suite, who, f"Old{number:02}") for number in range(14)]
    hold(suite, who, ids[4])
    made(suite, who, customers__pool=3)
    clock.go_on(days=120)
    all_rows = "SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM customers c"
    before = suite.customers.scalar(all_rows)
    would = previewed(suite, who)
    assert suite.customers.scalar(all_rows) == before
    assert would["customers.pool", "erased", None] == (13, [one for one in ids if one != ids[4]][:10])
    assert night(suite) == would
    assert names(suite) == {"Old04," + ",".join(["[erased]"] * 13)}


def test_other_rules_can_be_tried_before_they_hold(suite, who, clock):
    customer(suite, who, "Old")
    clock.go_on(days=120)
    would = previewed(suite, who, rules=[{"records": "customers.pool", "months": 3}])
    assert would["customers.pool", "erased", None][0] == 1
    assert suite.customers.call("get_retention", who["customers"]).body["rules"] == []


def test_whoever_was_merged_into_somebody_was_in_touch_with_us_as_he(suite, who, clock):
    survivor, loser = customer(suite, who, "Firm"), customer(suite, who, "Other")
    logged(suite, who, survivor, happened_at="2020-01-31T09:00:00Z")
    at = clock.at + timedelta(days=100)
    contacted(suite, loser, at)
    officer = suite.customers.stepped_up(who["customers"])
    merged = suite.customers.call("merge_customers", officer, customer_id=survivor, losers=[loser])
    assert merged.status < 400, merged.body
    seen = suite.customers.call("get_hold", who["customers"], customer_id=survivor).body
    assert datetime.fromisoformat(seen["last_contact_at"]) == at


def test_rules_are_checked_versioned_and_take_a_step_up(suite, who):
    customers, officer = suite.customers, suite.customers.stepped_up(who["customers"])
    rule = {"records": "customers.pool", "months": 6}
    assert customers.call("set_retention", who["customers"], if_match='"1"', rules=[rule]).body["type"] == (
        "step-up-required"
    )
    assert customers.call("set_retention", officer, rules=[rule]).status == 428
    unknown = {"records": "customers.nonsense", "months": 6}
    wrong = customers.call("set_retention", officer, if_match='"1"', rules=[rule, unknown, rule])
    assert [one["pointer"] for one in wrong.body["errors"]] == ["/rules/1/records", "/rules/2/records"]
    for months in (0, 1201, "6", None):
        assert (
            customers.call("set_retention", officer, if_match='"1"', rules=[{**rule, "months": months}]).status == 422
        )
    answer = customers.call("set_retention", officer, if_match='"1"', rules=[rule])
    assert (answer.etag, answer.body["rules"]) == ('"2"', [rule])
    assert answer.body["next_run_at"] is not None
    assert customers.call("set_retention", officer, if_match='"1"', rules=[]).status == 412
    entry = customers.audited()[-2:]
    assert any(one["details"].get("after") == {"customers.pool": 6} for one in entry)
    assert customers.call("set_retention", officer, if_match='"2"', rules=[]).body["next_run_at"] is None


def test_the_night_comes_once_however_many_processes_there_are(suite, who, clock):
    made(suite, who, customers__pool=6)
    assert fire(suite, "carry_out_retention") == 1
    assert suite.customers.fire_timers() == 0
    assert suite.customers.scalar("SELECT count(*) FROM privacy_requests WHERE kind = 'retention'") == 1
    fire(suite, "carry_out_retention")
    assert suite.customers.scalar("SELECT count(*) FROM privacy_requests WHERE kind = 'retention'") == 1


def test_a_run_that_dies_after_each_chunk_does_the_same(suite, who, clock, monkeypatch):
    monkeypatch.setattr(retaining, "BATCH", 2)
    ids = [customer(suite, who, f"Old{number}") for number in range(5)]
    texts = [logged(suite, who, one, happened_at="2020-01-31T09:00:00Z") for one in ids]
    made(suite, who, customers__pool=3, interactions__interactions=3)
    clock.go_on(days=120)
    saved, killed = JobRun.save, []

    def save_and_die(run, session, **progress):
        saved(run, session, **progress)
        if run._kind == "retain" and (run.id, progress["done"]) not in killed:
            killed.append((run.id, progress["done"]))
            raise KeyboardInterrupt

    monkeypatch.setattr(JobRun, "save", save_and_die)
    done = night(suite)
    assert len(killed) > 5
    assert done["customers.pool", "erased", None] == (5, ids)
    assert done["interactions.interactions", "emptied", None] == (5, texts)


def test_few_erasures_go_on_at_once_so_that_others_have_their_turn(suite, who, clock, monkeypatch):
    monkeypatch.setattr(retaining, "BATCH", 2)
    monkeypatch.setattr(letting_go, "AT_MOST_RUNNING", 2)
    for number in range(6):
        customer(suite, who, f"Old{number}")
    made(suite, who, customers__pool=3)
    clock.go_on(days=120)
    monkeypatch.setattr(letting_go, "AT_ONCE", 1)
    suite.down.add("tickets")
    fire(suite, "carry_out_retention")
    suite.settle()
    ordered = "SELECT count(*) FROM privacy_requests WHERE kind = 'erasure'"
    assert suite.customers.scalar(ordered) == 2
    suite.down.clear()
    for _ in range(4):  # a job that only waits is no progress to the suite
        suite.settle()
    assert suite.customers.scalar(ordered) == 6
    assert names(suite) == {",".join(["[erased]"] * 6)}


def test_a_run_that_is_cancelled_stops_and_says_what_was_done(suite, who, clock, monkeypatch):
    monkeypatch.setattr(retaining, "BATCH", 2)
    one = customer(suite, who, "Firm", in_pool=False)
    for _ in range(6):
        logged(suite, who, one, happened_at="2020-01-31T09:00:00Z")
    made(suite, who, interactions__interactions=3)
    suite.down.add("tickets")
    saved = JobRun.save

    def save_and_cancel(run, session, **progress):
        saved(run, session, **progress)
        if run._kind == "retain" and progress["done"] == 4:
            session.commit()
            request = suite.customers.scalar("SELECT id FROM privacy_requests WHERE kind = 'retention'")
            assert suite.customers.call("cancel_privacy_request", who["customers"], request_id=request).status == 200
            suite._carry()

    monkeypatch.setattr(JobRun, "save", save_and_cancel)
    fire(suite, "carry_out_retention")
    suite.settle()
    (seen,) = suite.customers.call("find_privacy_requests", who["customers"]).body["items"]
    assert (seen["state"], seen["missing"]) == ("running", ["tickets"])
    suite.down.clear()
    suite.settle()
    (seen,) = suite.customers.call("find_privacy_requests", who["customers"]).body["items"]
    assert (seen["state"], seen["cancelled_by"]) == ("cancelled", str(who["customers"].id))
    by = {receipt["service"]: receipt for receipt in seen["receipts"]}
    assert (by["interactions"]["stopped"], by["interactions"]["lines"][0]["rows"]) == (True, 4)
    assert by["tickets"] == {"service": "tickets", "stopped": True, "done_at": by["tickets"]["done_at"], "lines": []}
    assert suite.interactions.scalar("SELECT count(*) FROM interactions WHERE subject <> '[erased]'") == 2
    again = suite.customers.call("cancel_privacy_request", who["customers"], request_id=seen["id"])
    assert again.body["type"] == "request-finished"


def test_a_ticket_that_was_open_before_anybody_asked_is_told_again(suite, who):
    customer_id = customer(suite, who, "Open")
    entered(*(suite.tickets, who, "create_ticket"), customer_id=customer_id, kind="complaint", subject="s")
    with suite.tickets.database.transaction() as session:
        session.execute(text("DELETE FROM outbox"))
        session.execute(text("UPDATE timers SET due_at = now() WHERE kind = 'tell_open_tickets'"))
    assert suite.tickets.fire_timers() == 1
    suite.settle()
    seen = suite.customers.call("get_hold", who["customers"], customer_id=customer_id).body
    assert (seen["open_tickets"], seen["kept_for"]) == (1, "open_ticket")


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [("2026-03-31", 1, "2026-02-28"), ("2024-03-31", 1, "2024-02-29"), ("2026-01-15", 25, "2023-12-15")],
)
def test_months_are_those_of_the_calendar(moment, months, before):
    assert retaining.months_before(datetime.fromisoformat(moment), months) == datetime.fromisoformat(before)

"""Follow-ups: the next date with a customer, and its reminder."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, update

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService, together
from chassis.timers import TimerRunner, timers
from services.interactions import follow_ups
from services.interactions.follow_ups import end_of_day
from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.interactions.factories import LEAD, REP, ids, in_seconds, planned


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(InteractionsService)


@pytest.fixture
def rep(service: TestedService) -> Person:
    return service.person("Rep", REP)


def test_a_follow_up_is_planned_for_the_one_who_plans_it(service: TestedService, rep: Person):
    customer_id = known_customer(service, rep)

    follow_up = planned(service, rep, customer_id, due_at="2031-02-15T09:00:00Z", note="Send the quotation")

    assert follow_up["user_id"] == follow_up["planned_by"] == str(rep.id)
    assert (follow_up["state"], follow_up["note"], follow_up["version"]) == ("open", "Send the quotation", 1)
    (event,) = service.events()
    assert (event["type"], event["aggregate"], event["version"]) == ("FollowUpPlanned", "follow_up", 1)
    assert event["payload"] == {
        "customer_id": str(customer_id),
        "user_id": str(rep.id),
        "due_at": "2031-02-15T09:00:00Z",
    }


def test_planning_again_moves_the_one_open_follow_up(service: TestedService, rep: Person):
    customer_id = known_customer(service, rep)
    first = planned(service, rep, customer_id, due_at=in_seconds(-1), note="Call")

    moved = planned(service, rep, customer_id, due_at=in_seconds(3600))

    assert (moved["id"], moved["version"], moved["note"]) == (first["id"], 2, None)
    assert service.scalar("SELECT count(*) FROM follow_ups") == 1
    assert service.fire_timers() == 0, "the reminder has moved too"


def test_plans_made_at_the_same_moment_end_in_one_open_follow_up(service: TestedService, rep: Person):
    customer_id = known_customer(service, rep)

    plans = together(10, lambda index: planned(service, rep, customer_id, due_at=in_seconds(3600 + index)))

    assert len({plan["id"] for plan in plans}) == 1
    assert sorted(plan["version"] for plan in plans) == list(range(1, 11))
    assert service.scalar("SELECT count(*) FROM timers") == 1


def test_each_person_has_a_follow_up_of_his_own(service: TestedService):
    east = service.team("East")
    rep, lead = service.person("Rep", REP, teams=[east]), service.person("Lead", LEAD, teams=[east])
    customer_id = known_customer(service, rep)

    one, other = planned(service, rep, customer_id), planned(service, lead, customer_id)

    assert one["id"] != other["id"]


def test_the_reminder_fires_on_time_and_once(service: TestedService, rep: Person):
    customer_id = known_customer(service, rep, name="Example Trading")
    follow_up = planned(service, rep, customer_id, due_at=in_seconds(2), note="Call")

    assert service.fire_timers() == 0
    wait_for(2.1)
    runners = [
        TimerRunner({follow_ups.TIMER: follow_ups.remind}, service.database, service.runtime.context) for _ in range(6)
    ]
    fired = together(6, lambda index: runners[index].fire_due())

    assert sum(fired) == 1
    (reminder,) = service.call("find_reminders", rep).json()["items"]
    assert (reminder["follow_up_id"], reminder["customer_name"]) == (follow_up["id"], "Example Trading")
    assert (reminder["note"], reminder["unread"], reminder["read_at"]) == ("Call", True, None)
    assert [event["type"] for event in service.events()] == ["FollowUpPlanned", "FollowUpDue"]
    assert service.events()[1]["payload"]["due_at"] == reminder["due_at"]
    assert service.events()[1]["version"] == 2


def test_a_date_in_the_past_is_due_at_once(service: TestedService, rep: Person):
    planned(service, rep, known_customer(service, rep), due_at="2020-01-01T00:00:00Z")

    assert service.fire_timers() == 1
    assert len(ids(service.call("find_reminders", rep))) == 1


def test_a_follow_up_that_was_moved_reminds_again_at_the_new_date(service: TestedService, rep: Person):
    customer_id = known_customer(service, rep)
    planned(service, rep, customer_id, due_at=in_seconds(-5))
    service.fire_timers()

    moved = planned(service, rep, customer_id, due_at=in_seconds(-1))
    assert moved["reminded_at"] is None
    service.fire_timers()

    assert len(ids(service.call("find_reminders", rep))) == 2


@pytest.mark.parametrize(("operation", "state"), [("finish_follow_up", "done"), ("cancel_follow_up", "cancelled")])
def test_a_closed_follow_up_reminds_nobody(service: TestedService, rep: Person, operation: str, state: str):
    customer_id = known_customer(service, rep)
    follow_up = planned(service, rep, customer_id, due_at=in_seconds(-1))

    closed = service.call(operation, rep, follow_up_id=follow_up["id"])

    assert (closed.status, closed.json()["state"], closed.etag) == (200, state, '"2"')
    assert closed.json()["closed_at"] is not None
    assert service.fire_timers() == 0
    assert service.events()[-1]["payload"]["due_at"] is None
    again = service.call(operation, rep, follow_up_id=follow_up["id"])
    assert (again.status, again.json()["type"]) == (409, "follow-up-closed")
    assert planned(service, rep, customer_id)["id"] != follow_up["id"], "after it comes the next one"


def test_planning_and_closing_while_the_timer_fires_block_nobody(service: TestedService, rep: Person):
    customers = [known_customer(service, rep) for _ in range(8)]
    follow_up_ids = [planned(service, rep, customer, due_at=in_seconds(0.2))["id"] for customer in customers]
    barrier = threading.Barrier(3)

    def plan() -> list[int]:
        barrier.wait()
        due_at = in_seconds(3600)
        return [service.call("plan_follow_up", rep, customer_id=one, due_at=due_at).status for one in customers]

    def close() -> list[int]:
        barrier.wait()
        return [service.call("finish_follow_up", rep, follow_up_id=one).status for one in reversed(follow_up_ids)]

    def fire() -> list[int]:
        wait_for(0.2)
        barrier.wait()
        service.fire_timers()
        return []

    answers = together(3, lambda index: [plan, close, fire][index]())

    assert set(answers[0]) == {200}
    assert set(answers[1]) == {200}
    assert service.scalar("SELECT count(*) FROM follow_ups WHERE state = 'done'") == 8
    with service.session() as session:
        session.execute(update(timers).values(due_at=func.now()))
    service.fire_timers()
    assert service.scalar("SELECT count(*) FROM timers") == 0
    assert service.scalar("SELECT count(*) FROM follow_ups WHERE state = 'open' AND reminded_at IS NULL") == 0
    twice = "SELECT 1 FROM reminders GROUP BY follow_up_id, due_at HAVING count(*) > 1"
    assert service.scalar(f"SELECT count(*) FROM ({twice}) AS twice") == 0


def test_a_lead_plans_and_closes_for_his_people_who_see_the_customer(service: TestedService):
    east, west = service.team("East"), service.team("West")
    lead = service.person("Lead", LEAD, teams=[east])
    rep, blind = service.person("Rep", REP, teams=[east]), service.person("Blind", REP, teams=[east])
    stranger = service.person("Stranger", REP, teams=[west])
    customer_id = known_customer(service, rep)

    follow_up = planned(service, lead, customer_id, user_id=rep.id)

    assert (follow_up["user_id"], follow_up["planned_by"]) == (str(rep.id), str(lead.id))
    assert ids(service.call("find_follow_ups", rep)) == [follow_up["id"]]
    request: dict[str, Any] = {"customer_id": customer_id, "due_at": in_seconds(60)}
    for person, slug in ((blind, "person-cannot-see-customer"), (stranger, "person-out-of-reach")):
        answer = service.call("plan_follow_up", lead, user_id=person.id, **request)
        assert (answer.status, answer.json()["type"]) == (409, slug)
    assert service.call("finish_follow_up", lead, follow_up_id=follow_up["id"]).status == 200


def test_nobody_else_closes_a_follow_up(service: TestedService, rep: Person):
    follow_up = planned(service, rep, known_customer(service, rep), due_at=in_seconds(-1))
    colleague = service.person("Colleague", {**REP, "customers:read": "all"})

    for person in (colleague, service.person("Far lead", {**LEAD, "interactions:create": "all"})):
        assert service.call("cancel_follow_up", person, follow_up_id=follow_up["id"]).status == 404
    assert service.call("cancel_follow_up", rep, follow_up_id=new_id()).status == 404
    assert service.fire_timers() == 1, "the refusal has left the timer alone"


def test_with_a_customer_out_of_sight_nothing_is_planned(service: TestedService, rep: Person):
    for customer_id in (known_customer(service), new_id()):
        answer = service.call("plan_follow_up", rep, customer_id=customer_id, due_at=in_seconds(60))
        assert (answer.status, answer.json()["type"]) == (404, "customer-not-known-here")


def test_the_due_list_tells_overdue_today_and_next_apart(service: TestedService, rep: Person):
    now = datetime.now(UTC)
    tonight = end_of_day(now, utc_offset=0)
    dates = {"overdue": in_seconds(-3600), "next": tonight.isoformat()}
    if (tonight - now).total_seconds() > 60:
        dates["today"] = (tonight - timedelta(seconds=1)).isoformat()
    plans = {due: planned(service, rep, known_customer(service, rep), due_at=at)["id"] for due, at in dates.items()}

    for due, follow_up_id in plans.items():
        assert ids(service.call("find_follow_ups", rep, due=due)) == [follow_up_id]
    in_order = [plans[due] for due in ("overdue", "today", "next") if due in plans]
    assert ids(service.call("find_follow_ups", rep)) == in_order


def test_a_day_ends_at_midnight_where_the_caller_is():
    moment = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)

    assert end_of_day(moment, utc_offset=0) == datetime(2026, 3, 2, tzinfo=UTC)
    assert end_of_day(moment, utc_offset=8 * 60) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert end_of_day(moment, utc_offset=-5 * 60) == datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_the_list_shows_mine_and_on_request_those_of_everybody_with_customers_that_i_see(service: TestedService):
    east = service.team("East")
    lead, rep = service.person("Lead", LEAD, teams=[east]), service.person("Rep", REP, teams=[east])
    other = service.person("Other", REP)
    customer_id = known_customer(service, rep, name="Example Trading")
    of_rep = planned(service, rep, customer_id)["id"]
    of_lead = planned(service, lead, customer_id)["id"]
    planned(service, other, known_customer(service, other))

    assert ids(service.call("find_follow_ups", lead)) == [of_lead]
    everybody = service.call("find_follow_ups", lead, of="everybody")
    assert ids(everybody) == [of_rep, of_lead]
    assert {item["customer_name"] for item in everybody.json()["items"]} == {"Example Trading"}
    assert ids(service.call("find_follow_ups", rep, customer_id=known_customer(service, rep))) == []


def test_closed_ones_are_listed_on_request(service: TestedService, rep: Person):
    follow_up = planned(service, rep, known_customer(service, rep))["id"]
    service.call("finish_follow_up", rep, follow_up_id=follow_up)

    assert ids(service.call("find_follow_ups", rep)) == []
    assert ids(service.call("find_follow_ups", rep, state="done")) == [follow_up]


def wait_for(seconds: float) -> None:
    threading.Event().wait(seconds)

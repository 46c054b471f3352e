"""Clocks of customers: when they go back, what puts that off, who is told, and that it happens once."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import now
from chassis.ids import new_id
from contracts.interactions import InteractionLogged
from services.customers.models import DEFAULT_POOL
from tests.services.customers.factories import pooled, seen
from tests.services.customers.pools.factories import CHIEF, NOON, SELLER, claim, most, pool, refusal
from tests.services.customers.recycling.factories import (
    announced,
    default_pool,
    frozen,
    moment,
    owned_since,
    rule,
    strike,
    struck,
    timer_of,
)

LEAD = SELLER | {"customers:assign": "team", "customers:read": "team"}
DAY = timedelta(days=1)


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def team(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, team):
    return customers.person("Rep", SELLER, teams=[team])


@pytest.fixture
def clock(monkeypatch):
    return frozen(monkeypatch)


def clock_of(customers, who, customer_id):
    answer = customers.call("pool_clock_of", who, customer_id=customer_id)
    assert answer.status == 200, answer.body
    return answer.body


def contact(customers, customer_id, at, kind="call"):
    event = InteractionLogged(
        aggregate_id=new_id(), version=1, customer_id=customer_id, kind=kind, author_id=new_id(), happened_at=at
    )
    customers.deliver(event)


def test_who_was_never_contacted_counts_from_the_claim(customers, chief, rep, clock):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule("Quiet", ("no_follow_up", 7))])
    customer = pooled(customers, chief)
    clock.pass_by(days=100)
    assert claim(customers, rep, customer).status == 200
    told = clock_of(customers, rep, customer["id"])
    assert moment(told["recycle_at"]) == clock.now + 7 * DAY
    assert (told["rule"], told["pool_id"], told["last_follow_up_at"]) == ("Quiet", str(DEFAULT_POOL), None)
    (condition,) = told["conditions"]
    assert (condition["kind"], condition["reset_by"]) == ("no_follow_up", "follow-up")
    struck(customers, clock, clock.now + 6 * DAY)
    assert seen(customers, rep, customer["id"])["in_pool"] is False
    struck(customers, clock, clock.now + DAY)
    assert seen(customers, rep, customer["id"])["in_pool"] is True


def test_a_follow_up_puts_the_clock_off_and_a_note_does_not(customers, chief, rep, clock):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    customer_id = owned_since(customers, rep, NOON - 20 * DAY)
    assert moment(clock_of(customers, rep, customer_id)["recycle_at"]) == NOON + 10 * DAY
    contact(customers, customer_id, NOON, kind="note")
    assert moment(clock_of(customers, rep, customer_id)["recycle_at"]) == NOON + 10 * DAY
    contact(customers, customer_id, NOON - DAY)
    contact(customers, customer_id, NOON - 5 * DAY)  # heard of late
    assert moment(clock_of(customers, rep, customer_id)["recycle_at"]) == NOON + 29 * DAY
    assert timer_of(customers, customer_id).due_at == NOON + 22 * DAY
    struck(customers, clock, NOON + 28 * DAY)
    assert seen(customers, rep, customer_id)["in_pool"] is False


def test_each_warning_comes_once_though_the_clock_strikes_ten_times(customers, chief, rep, clock):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    customer_id = owned_since(customers, rep, NOON)
    for days in (7, 3, 1, 0):
        timer = timer_of(customers, customer_id)
        assert timer.due_at == NOON + (30 - days) * DAY
        clock.now = timer.due_at
        for _ in range(10):
            strike(customers, timer)
    assert [(one, days) for one, days, _ in announced(customers)] == [(str(customer_id), days) for days in (7, 3, 1, 0)]
    assert customers.scalar("SELECT count(*) FROM ownerships WHERE how = 'recycle'") == 1
    assert timer_of(customers, customer_id) is None


def test_a_follow_up_after_a_warning_arms_them_all_anew(customers, chief, rep, clock):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    customer_id = owned_since(customers, rep, NOON)
    struck(customers, clock, NOON + 25 * DAY)
    contact(customers, customer_id, clock.now)
    struck(customers, clock, NOON + 53 * DAY)
    assert [days for _, days, _ in announced(customers)] == [7, 7, 3]


def test_the_last_warning_also_goes_to_those_who_answer_for_the_owner(customers, chief, rep, team, clock):
    below = customers.team("Below", parent=team)
    junior = customers.person("Junior", SELLER, teams=[below])
    lead = customers.person("Lead", LEAD | {"customers:assign": "team_tree"}, teams=[team])
    customers.person("Elsewhere", LEAD, teams=[customers.team("West")])
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()], escalate_days=1)
    owned_since(customers, junior, NOON, team_id=below)
    struck(customers, clock, NOON + 30 * DAY)
    mine, both = [str(junior.id)], [str(junior.id), str(lead.id)]
    told = [(days, who) for _, days, who in announced(customers)]
    assert told == [(7, mine), (3, mine), (1, both), (0, both)]


def test_a_customer_that_went_back_tells_why_and_by_which_rule(customers, chief, rep, clock):
    north = pool(customers, chief, recycling=True, recycle_rules=[rule("No deal", ("no_deal", 10))])
    customers.run_jobs()
    customer_id = owned_since(customers, rep, NOON, last_deal_at=NOON + DAY)
    struck(customers, clock, NOON + 11 * DAY)
    customer = seen(customers, chief, customer_id)
    assert (customer["in_pool"], customer["pool_id"]) == (True, north["id"])
    line = customers.call("customer_owners", chief, customer_id=customer_id).body["items"][0]
    assert (line["how"], line["why"], line["by_id"], line["from_id"]) == ("recycle", "No deal", None, str(rep.id))
    assert customers.events()[-1]["type"] == "CustomerReleased"


def test_rules_by_grade_stage_and_contract(customers, chief, rep, clock):
    won_already = {"field": "lifecycle_stage", "op": "eq", "value": "customer"}
    rules = [
        rule("C", ("no_follow_up", 10), only={"field": "grade", "op": "eq", "value": "C"}),
        rule(
            "Won",
            ("contract_end", 5),
            ("no_deal", 30),
            only=won_already,
        ),
    ]
    default_pool(customers, chief, recycling=True, recycle_rules=rules)
    low = owned_since(customers, rep, NOON, grade="C")
    high = owned_since(customers, rep, NOON, grade="A")
    won = owned_since(customers, rep, NOON, grade="A", lifecycle_stage="customer", contract_ends_at=NOON + 60 * DAY)
    assert moment(clock_of(customers, rep, low)["recycle_at"]) == NOON + 10 * DAY
    assert clock_of(customers, rep, high)["recycle_at"] is None
    told = clock_of(customers, rep, won)
    assert (moment(told["recycle_at"]), told["rule"]) == (NOON + 65 * DAY, "Won")
    blind = customers.person(
        "Blind", {"customers:read": "all"}, field_rules={"customers": {"contract_ends_at": "hidden"}}
    )
    told = clock_of(customers, blind, won)
    assert (told["recycle_at"], told["rule"], told["conditions"]) == (None, None, [])


def test_a_change_of_grade_moves_the_clock_at_once(customers, chief, rep, clock):
    only = {"field": "sector", "op": "eq", "value": "software"}
    default_pool(customers, chief, recycling=True, recycle_rules=[rule(only=only)])
    customer_id = owned_since(customers, rep, NOON)
    assert timer_of(customers, customer_id) is None
    answer = customers.call("change_customer", rep, customer_id=customer_id, if_match='"1"', sector="software")
    assert answer.status == 200
    assert timer_of(customers, customer_id).due_at == NOON + 23 * DAY


def test_rules_that_are_put_in_force_set_the_clocks_of_all(customers, chief, rep, clock):
    late, soon = owned_since(customers, rep, NOON - 40 * DAY), owned_since(customers, rep, NOON)
    assert timer_of(customers, soon) is None
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    assert timer_of(customers, late).due_at == NOON - 10 * DAY
    assert timer_of(customers, soon).due_at == NOON + 23 * DAY
    default_pool(customers, chief, recycling=False)
    assert timer_of(customers, late) is None
    assert timer_of(customers, soon) is None


def test_the_worker_puts_back_what_is_due(customers, chief, rep):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    due, other = (owned_since(customers, rep, now() - days * DAY) for days in (31, 5))
    customers.fire_timers()
    assert seen(customers, chief, due)["in_pool"] is True
    assert seen(customers, chief, other)["in_pool"] is False


def test_a_clock_comes_back_when_somebody_is_at_the_customer(customers, chief, rep):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    customer_id = owned_since(customers, rep, datetime.now(UTC) - 31 * DAY)
    with customers.session(rep) as session:
        session.connection().exec_driver_sql("SELECT 1 FROM customers FOR UPDATE")
        customers.fire_timers()
        assert seen(customers, rep, customer_id)["in_pool"] is False
    assert timer_of(customers, customer_id).due_at > datetime.now(UTC) - 2 * DAY


def test_protection_holds_the_clock_until_it_ends(customers, chief, rep, clock):
    limits = [most("protected", 1)]
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()], protect_days=20, limits=limits)
    customer_id = owned_since(customers, rep, NOON - 25 * DAY)
    answer = customers.call("protect_customer", rep, customer_id=customer_id, days=10)
    assert moment(answer.body["protected_until"]) == NOON + 10 * DAY
    assert moment(clock_of(customers, rep, customer_id)["recycle_at"]) == NOON + 10 * DAY
    other = owned_since(customers, rep, NOON)
    refused = customers.call("protect_customer", rep, customer_id=other, days=10)
    assert refusal(refused) == ("too-many-protected", "protected", "2026-03-20T12:00:00Z")
    clock.pass_by(days=5)
    assert customers.call("protect_customer", rep, customer_id=customer_id, days=15).status == 200
    refused = customers.call("protect_customer", rep, customer_id=customer_id, days=16)
    assert refusal(refused) == ("protection-over", "protect_days", None)
    assert customers.call("unprotect_customer", rep, customer_id=customer_id).status == 204
    assert moment(clock_of(customers, rep, customer_id)["recycle_at"]) == clock.now
    assert customers.call("protect_customer", rep, customer_id=other, days=10).status == 200


def test_only_the_owner_protects_a_customer(customers, chief, rep, clock):
    default_pool(customers, chief, protect_days=20)
    customer_id = owned_since(customers, rep, NOON)
    assert customers.call("protect_customer", chief, customer_id=customer_id, days=1).status == 404
    assert customers.call("unprotect_customer", chief, customer_id=customer_id).status == 404
    assert customers.call("protect_customer", rep, customer_id=customer_id, days=21).status == 409


def test_a_customer_in_a_pool_has_no_clock(customers, chief, rep):
    default_pool(customers, chief, recycling=True, recycle_rules=[rule()])
    told = clock_of(customers, rep, pooled(customers, rep)["id"])
    assert (told["recycle_at"], told["pool_id"], told["warnings"]) == (None, None, [])
    assert customers.call("pool_clock_of", rep, customer_id=new_id()).status == 404

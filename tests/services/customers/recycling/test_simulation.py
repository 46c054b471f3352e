"""What the simulation says is what the run does, for random rules and random histories."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.tickets import TicketMoved, TicketOpened
from services.customers.models import DEFAULT_POOL
from tests.services.customers.pools.factories import CHIEF, NOON, SELLER
from tests.services.customers.recycling.factories import (
    announced,
    default_pool,
    frozen,
    ids,
    moment,
    owned_since,
    rule,
    struck,
)

TABLES = "customers, ownerships, pool_states, recycle_warnings, timers, outbox, standings, contacts"
HORIZON = NOON + timedelta(days=30)
WARNED = (7, 3, 1)
HOURS = st.integers(-60 * 24, 0)
AHEAD = st.integers(-30 * 24, 60 * 24)

CONDITIONS = st.tuples(
    st.sampled_from(("no_follow_up", "no_deal", "protection_end", "contract_end")), st.integers(0, 50)
)
RULES = st.lists(
    st.tuples(
        st.lists(CONDITIONS, min_size=1, max_size=3),
        st.sampled_from(("all", "any")),
        st.sampled_from((None, {"field": "grade", "op": "eq", "value": "C"})),
    ),
    min_size=1,
    max_size=3,
)
HISTORIES = st.lists(
    st.fixed_dictionaries(
        {
            "owned": HOURS,
            "follow_up": st.none() | HOURS,
            "deal": st.none() | HOURS,
            "contract": st.none() | AHEAD,
            "protected": st.none() | AHEAD,
            "grade": st.sampled_from((None, "A", "C")),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", SELLER)


@pytest.fixture
def clock(monkeypatch):
    return frozen(monkeypatch)


def at(hours):
    return None if hours is None else NOON + timedelta(hours=hours)


def expected(rules, history):
    """The instant and the rule as one would reckon them by hand; None if it never goes."""
    owned, protected = at(history["owned"]), at(history["protected"])
    bases = {
        "no_follow_up": max(owned, at(history["follow_up"]) or owned),
        "no_deal": max(owned, at(history["deal"]) or owned),
        "protection_end": protected,
        "contract_end": at(history["contract"]),
    }
    best = None
    for one in rules:
        met = [bases[c["kind"]] and bases[c["kind"]] + timedelta(days=c["days"]) for c in one["conditions"]]
        if one["filter"] and history["grade"] != "C":
            continue
        happening = [instant for instant in met if instant]
        if (one["match"] == "all" and None in met) or not happening:
            continue
        instant = max(happening) if one["match"] == "all" else min(happening)
        if best is None or instant < best[0]:
            best = (instant, one["name"])
    return best and (max(best[0], protected or best[0]), best[1])


def moved(customers):
    with customers.database.reading() as session:
        lines = session.execute(text("SELECT customer_id, why FROM ownerships WHERE how = 'recycle'"))
        return {row.customer_id: row.why for row in lines}


def emptied(customers):
    with customers.session() as session:
        session.execute(text(f"TRUNCATE {TABLES} CASCADE"))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=RULES, histories=HISTORIES)
def test_the_simulation_says_what_the_run_does(customers, chief, rep, clock, drawn, histories):
    emptied(customers)
    clock.now = NOON
    rules = [
        rule(f"Rule {place}", *conditions, match=match, only=only)
        for place, (conditions, match, only) in enumerate(drawn)
    ]
    default_pool(customers, chief, recycling=True, recycle_rules=rules, warn_days=list(WARNED))
    reckoned = {}
    for history in histories:
        customer_id = owned_since(
            customers,
            rep,
            at(history["owned"]),
            follow_up=at(history["follow_up"]),
            protected=at(history["protected"]),
            last_deal_at=at(history["deal"]),
            contract_ends_at=at(history["contract"]),
            grade=history["grade"],
        )
        reckoned[customer_id] = expected(rules, history)
    customers.run_jobs()
    default_pool(customers, chief, warn_days=list(WARNED), recycling=True)
    told = customers.call("simulate_rules", chief, pool_id=DEFAULT_POOL, days=30).body
    simulated = {UUID(one["customer_id"]): (moment(one["recycle_at"]), one["rule"]) for one in told["items"]}
    assert simulated == {one: end for one, end in reckoned.items() if end and end[0] <= HORIZON}
    assert (told["now"], told["within"]) == (sum(end[0] <= NOON for end in simulated.values()), len(simulated))
    struck(customers, clock, HORIZON)
    assert moved(customers) == {one: name for one, (_, name) in simulated.items()}
    warnings = {
        (str(one), days)
        for one, end in reckoned.items()
        if end
        for days in (*WARNED, 0)
        if (NOON < end[0] - timedelta(days=days) <= HORIZON) or (days == 0 and end[0] <= HORIZON)
    }
    assert sorted((one, days) for one, days, _ in announced(customers)) == sorted(warnings)


def test_rules_are_tried_before_they_are_in_force_and_nothing_moves(customers, chief, rep, clock):
    quiet = owned_since(customers, rep, NOON - timedelta(days=40))
    soon = owned_since(customers, rep, NOON - timedelta(days=5))
    later = owned_since(customers, rep, NOON)
    order = {"pool_id": DEFAULT_POOL, "rules": [rule()]}
    told = customers.call("simulate_rules", chief, **order, days=25).body
    assert (told["now"], told["within"], ids(told["items"])) == (1, 2, [quiet, soon])
    assert ids(customers.call("simulate_rules", chief, **order).body["items"]) == [quiet, soon, later]
    assert struck(customers, clock, HORIZON) == 0
    assert customers.scalar("SELECT count(*) FROM customers WHERE in_pool") == 0


def test_open_tickets_of_those_who_would_go_are_flagged(customers, chief, rep, clock):
    quiet = owned_since(customers, rep, NOON - timedelta(days=40))
    ticket: dict[str, Any] = {
        "number": "T-1",
        "kind": "complaint",
        "priority": "high",
        "assignee_id": None,
        "team_id": None,
    }
    opened = TicketOpened(aggregate_id=rep.id, version=1, state="open", customer_id=quiet, **ticket)
    customers.deliver(opened)
    order = {"pool_id": DEFAULT_POOL, "rules": [rule()]}
    told = customers.call("simulate_rules", chief, **order).body
    assert (told["with_open_tickets"], told["items"][0]["open_tickets"]) == (1, 1)
    customers.deliver(TicketMoved(aggregate_id=rep.id, version=2, state="solved", customer_id=quiet, **ticket))
    customers.deliver(opened)  # what comes late tells nothing new
    told = customers.call("simulate_rules", chief, **order).body
    assert (told["with_open_tickets"], told["items"][0]["open_tickets"]) == (0, 0)


def test_only_who_may_change_a_pool_tries_rules_on_it(customers, chief, rep):
    keeper = customers.person("Keeper", SELLER | {"pools:change": "own"})
    order = {"pool_id": DEFAULT_POOL, "rules": [rule()]}
    assert customers.call("simulate_rules", rep, **order).status == 403
    assert customers.call("simulate_rules", keeper, **order).status == 404
    default_pool(customers, chief, administrators=[str(keeper.id)])
    owned_since(customers, rep, NOON - timedelta(days=4000))
    told = customers.call("simulate_rules", keeper, **order).body
    assert (told["within"], told["items"]) == (1, []), "he counts them, but sees only those in his sight"
    wrong = rule(only={"field": "nothing", "op": "eq", "value": 1})
    assert customers.call("simulate_rules", keeper, pool_id=DEFAULT_POOL, rules=[wrong]).status == 422

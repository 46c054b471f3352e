"""Claims under the rules of a pool: each refusal names the rule, and when it will have passed."""

import pytest

from chassis.testing.tested import together
from services.customers import commands, models
from services.customers.pool_errors import ClaimQuotaReached
from services.customers.pools import limits, owning
from tests.services.customers.factories import created, pooled
from tests.services.customers.pools.factories import (
    CHIEF,
    SELLER,
    Clock,
    changed,
    claim,
    most,
    pool,
    refusal,
    release,
)


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", SELLER)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch, limits, models, commands)


def test_of_fifty_parallel_claims_with_a_quota_of_five_exactly_five_succeed(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 5)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(50)]

    def try_to_claim(index):
        try:
            with customers.session(rep) as session:
                owning.claim_customer(session, rep.caller, waiting[index]["id"])
        except ClaimQuotaReached as refused:
            return refused.slug
        return "won"

    results = together(50, try_to_claim)
    assert (results.count("won"), results.count("claim-quota-reached")) == (5, 45)
    assert customers.scalar("SELECT count(*) FROM customers WHERE NOT in_pool") == 5
    assert customers.scalar("SELECT array_agg(seq ORDER BY seq) FROM claim_ledger") == [1, 2, 3, 4, 5]


def test_a_release_does_not_give_the_claim_back(customers, chief, rep, clock):
    north = pool(customers, chief, limits=[most("claims_per_day", 5)], time_zone="Asia/Shanghai")
    customer = pooled(customers, chief, pool_id=north["id"])
    for _ in range(5):
        assert claim(customers, rep, customer).status == 200
        assert release(customers, rep, customer).status == 200
    assert refusal(claim(customers, rep, customer)) == (
        "claim-quota-reached",
        "claims_per_day",
        "2026-03-10T16:00:00Z",  # midnight in Shanghai
    )
    clock.pass_by(hours=3, minutes=59)
    assert claim(customers, rep, customer).status == 409
    clock.pass_by(minutes=1)
    assert claim(customers, rep, customer).status == 200


def test_the_day_has_as_many_hours_as_the_zone_gives_it(customers, chief, rep, clock):
    north = pool(customers, chief, limits=[most("claims_per_day", 0)], time_zone="Europe/Berlin")
    customer = pooled(customers, chief, pool_id=north["id"])
    clock.pass_by(days=19)  # the clocks go forward on 29 March 2026
    assert refusal(claim(customers, rep, customer))[2] == "2026-03-29T22:00:00Z"


def test_what_is_assigned_does_not_count_among_the_claims(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 1)])
    first, second = (pooled(customers, chief, pool_id=north["id"]) for _ in range(2))
    assert customers.call("assign_customer", chief, customer_id=first["id"], owner_id=rep.id).status == 200
    assert claim(customers, rep, second).status == 200


def test_the_quota_follows_the_role_the_largest_one_holds(customers, chief, rep):
    (role,) = rep.caller.roles
    limited = [most("claims_per_day", 0), most("claims_per_day", 1, str(role))]
    north = pool(customers, chief, limits=limited)
    first, second = (pooled(customers, chief, pool_id=north["id"]) for _ in range(2))
    other = customers.person("Other", SELLER)
    assert refusal(claim(customers, other, first))[1] == "claims_per_day"
    assert claim(customers, rep, first).status == 200
    assert claim(customers, rep, second).status == 409


def test_a_person_looks_after_as_many_customers_as_there_is_room_for(customers, chief, rep):
    uncounted = {"field": "tags", "op": "has", "value": "vip"}
    north = pool(customers, chief, limits=[most("capacity", 2)], not_counted=uncounted)
    created(customers, rep, tags=["vip"])
    created(customers, rep)
    wanted, more, vip = (pooled(customers, chief, pool_id=north["id"], tags=tags) for tags in ([], [], ["vip"]))
    assert claim(customers, rep, wanted).status == 200
    assert refusal(claim(customers, rep, more)) == ("capacity-reached", "capacity", None)
    assigned = customers.call("assign_customer", chief, customer_id=more["id"], owner_id=rep.id)
    assert refusal(assigned)[0] == "capacity-reached"
    assert claim(customers, rep, vip).status == 200
    assert release(customers, rep, wanted, pool_id=north["id"]).status == 200
    assert claim(customers, rep, more).status == 200


def test_of_many_parallel_claims_only_those_that_there_is_room_for_succeed(customers, chief, rep):
    north = pool(customers, chief, limits=[most("capacity", 3)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(12)]
    answers = together(12, lambda index: claim(customers, rep, waiting[index]).status)
    assert (answers.count(200), answers.count(409)) == (3, 9)


def test_the_last_owner_waits_before_he_takes_a_customer_again(customers, chief, rep, clock):
    north = pool(customers, chief, cool_down_hours=12)
    customer = pooled(customers, chief, pool_id=north["id"])
    assert claim(customers, rep, customer).status == 200
    release(customers, rep, customer)
    assert refusal(claim(customers, rep, customer)) == ("cooling-down", "cool_down", "2026-03-11T00:00:00Z")
    other = customers.person("Other", SELLER)
    assert claim(customers, other, customer).status == 200
    release(customers, other, customer)
    assert claim(customers, rep, customer).status == 200


def test_what_has_just_come_is_protected_from_its_coming_whatever_is_changed_since(customers, chief, rep, clock):
    north = pool(customers, chief, fresh_hours=24)
    customer = pooled(customers, chief, pool_id=north["id"])
    clock.pass_by(hours=23)
    edited = customers.call(
        "change_customer", chief, customer_id=customer["id"], if_match='"1"', description="Edited late"
    )
    assert edited.status == 200
    assert refusal(claim(customers, rep, customer)) == ("still-fresh", "fresh", "2026-03-11T12:00:00Z")
    clock.pass_by(hours=1)
    assert claim(customers, rep, customer).status == 200


def test_whoever_looks_after_the_pool_is_above_its_rules(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 0)], fresh_hours=24, administrators=[rep.id])
    assert claim(customers, rep, pooled(customers, chief, pool_id=north["id"])).status == 200
    north = changed(customers, chief, north, administrators=[])
    assert claim(customers, rep, pooled(customers, chief, pool_id=north["id"])).status == 409


def test_a_refusal_leaves_nothing_behind(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 0)])
    customer = pooled(customers, chief, pool_id=north["id"])
    events = len(customers.events())
    assert claim(customers, rep, customer).status == 409
    assert len(customers.events()) == events
    assert customers.scalar("SELECT count(*) FROM claim_ledger") == 0
    assert customers.scalar("SELECT count(*) FROM ownerships WHERE how = 'claim'") == 0

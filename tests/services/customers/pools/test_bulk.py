"""Many customers in one request: a result for each, one set of limits, and distribution with reasons."""

from uuid import uuid4

import pytest

from chassis.testing.tested import together
from services.customers.models import DEFAULT_POOL
from tests.services.customers.factories import created, pooled, seen
from tests.services.customers.pools.factories import CHIEF, SELLER, most, pool

TAKEN = ("done", None, None)


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", SELLER)


def bulk(customers, operation, who, several, **more):
    answer = customers.call(operation, who, customer_ids=[one["id"] for one in several], **more)
    assert answer.status == 200, answer.body
    return answer.body["items"]


def outcomes(items):
    return [(one["outcome"], one["problem"], one["rule"]) for one in items]


def reasons(items):
    return [(one["owner_id"], one["why"]) for one in items]


def test_each_claim_has_a_result_of_its_own_and_counts_against_one_quota(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 2)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(3)]
    taken, unknown = created(customers, rep), {"id": str(uuid4())}
    items = bulk(customers, "claim_customers", rep, [taken, unknown, *waiting])
    assert outcomes(items) == [
        ("refused", "already-claimed", None),
        ("refused", "not-found", None),
        TAKEN,
        TAKEN,
        ("refused", "claim-quota-reached", "claims_per_day"),
    ]
    assert items[-1]["passes_at"]
    assert [one["owner_id"] for one in items[2:4]] == [str(rep.id)] * 2
    assert seen(customers, rep, waiting[2]["id"])["in_pool"] is True
    assert customers.scalar("SELECT count(*) FROM claim_ledger") == 2
    types = [event["type"] for event in customers.events()]
    assert types.count("CustomerClaimed") == 2


def test_parallel_bulk_claims_do_not_block_each_other_and_keep_the_quota(customers, chief, rep):
    north = pool(customers, chief, limits=[most("claims_per_day", 7)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(10)]
    other = customers.person("Other", SELLER)

    def claim_some(index):
        order = waiting if index % 2 else waiting[::-1]
        return bulk(customers, "claim_customers", (rep, other)[index % 2], order)

    results = [one for items in together(6, claim_some) for one in items]
    assert [one["outcome"] for one in results].count("done") == 10
    per_person = customers.scalar(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM claim_ledger GROUP BY user_id) AS counted"
    )
    assert per_person <= 7


def test_several_go_back_each_for_itself(customers, chief, rep):
    mine, pooled_already = created(customers, rep), pooled(customers, rep)
    items = bulk(customers, "release_customers", rep, [mine, pooled_already], reason="Moved away")
    assert outcomes(items) == [TAKEN, ("refused", "already-in-pool", None)]
    assert items[0]["pool_id"] == str(DEFAULT_POOL)


def test_customers_go_in_turn_and_the_turn_is_kept(customers, chief):
    people = sorted((customers.person(f"Rep {number}", SELLER) for number in range(3)), key=lambda one: one.id)
    listed = [str(one.id) for one in people]
    north = pool(customers, chief, everybody=False, people=listed)
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(5)]
    items = bulk(customers, "assign_customers", chief, waiting[:2], method="round_robin")
    assert reasons(items) == [(listed[0], "First in turn"), (listed[1], f"Next in turn after {people[0].caller.name}")]
    items = bulk(customers, "assign_customers", chief, waiting[2:], method="round_robin")
    assert [owner for owner, _ in reasons(items)] == [listed[2], listed[0], listed[1]]
    line = customers.call("customer_owners", chief, customer_id=waiting[1]["id"]).body["items"][0]
    assert (line["how"], line["why"]) == ("assign", f"Next in turn after {people[0].caller.name}")
    assert customers.scalar("SELECT count(*) FROM claim_ledger") == 0


def test_who_has_the_fewest_or_the_most_room_gets_the_next_one(customers, chief):
    busy, idle = (customers.person(name, SELLER) for name in ("Busy", "Idle"))
    (role,) = busy.caller.roles
    limits = [most("capacity", 10, str(role)), most("capacity", 1)]
    people = [str(busy.id), str(idle.id)]
    north = pool(customers, chief, everybody=False, people=people, limits=limits)
    for _ in range(2):
        created(customers, busy)
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(4)]
    items = bulk(customers, "assign_customers", chief, waiting[:1], method="by_capacity")
    assert reasons(items) == [(str(busy.id), "Has room for 8 more, the most of 2")]
    items = bulk(customers, "assign_customers", chief, waiting[1:3], method="least_loaded")
    assert reasons(items) == [
        (str(idle.id), "Has 0 customers, the fewest of 2"),
        (str(busy.id), "Has 3 customers, the fewest of 1"),
    ]
    nobody = pool(customers, chief, "Empty", everybody=False)
    alone = pooled(customers, chief, pool_id=nobody["id"])
    items = bulk(customers, "assign_customers", chief, [alone], method="least_loaded")
    assert outcomes(items) == [("refused", "nobody-free", "capacity")]


def test_small_capacities_are_filled_to_the_last_place(customers, chief):
    rep = customers.person("Rep", SELLER)
    north = pool(customers, chief, everybody=False, people=[str(rep.id)], limits=[most("capacity", 3)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(5)]
    items = bulk(customers, "assign_customers", chief, waiting, method="by_capacity")
    assert [one["outcome"] for one in items] == ["done"] * 3 + ["refused"] * 2


def test_rules_by_region_and_industry_say_who_gets_a_customer(customers, chief):
    north, south = (customers.person(name, SELLER) for name in ("North", "South"))
    rules = [
        {
            "name": "Software in Germany",
            "filter": {
                "and": [
                    {"field": "country", "op": "eq", "value": "Germany"},
                    {"field": "sector", "op": "eq", "value": "software"},
                ]
            },
            "people": [str(north.id)],
        },
        {"name": "Retail", "filter": {"field": "sector", "op": "eq", "value": "retail"}, "people": [str(south.id)]},
    ]
    one = pool(customers, chief, assignment_rules=rules)
    waiting = [
        pooled(customers, chief, pool_id=one["id"], country=country, sector=sector)
        for country, sector in (("Germany", "software"), ("Germany", "retail"), ("Kenya", "software"))
    ]
    items = bulk(customers, "assign_customers", chief, waiting, method="by_rule")
    assert reasons(items)[:2] == [
        (str(north.id), "Software in Germany: Has 0 customers, the fewest of 1"),
        (str(south.id), "Retail: Has 0 customers, the fewest of 1"),
    ]
    assert outcomes(items)[2] == ("refused", "no-rule-matches", "assignment_rules")


def test_assigning_takes_somebody_or_a_method_and_at_most_a_hundred(customers, chief, rep):
    one = pooled(customers, chief)
    order = {"customer_ids": [one["id"]]}
    assert customers.call("assign_customers", chief, **order).status == 422
    assert customers.call("assign_customers", chief, **order, owner_id=rep.id, method="by_rule").status == 422
    many = [str(uuid4()) for _ in range(101)]
    assert customers.call("claim_customers", rep, customer_ids=many).status == 422
    items = bulk(customers, "assign_customers", chief, [one], owner_id=rep.id)
    assert reasons(items) == [(str(rep.id), None)]

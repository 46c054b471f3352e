"""Several pools: for whom they are, which one takes a customer, and who sets them up."""

from uuid import uuid4

import pytest

from services.customers.models import DEFAULT_POOL
from tests.services.customers.factories import created, etag, names, pooled, seen
from tests.services.customers.pools.factories import CHIEF, SELLER, changed, claim, pool, refusal, release

KEEPER = SELLER | {"pools:change": "own"}


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def team(customers):
    return customers.team("East", parent=customers.team("Asia"))


@pytest.fixture
def rep(customers, team):
    return customers.person("Rep", SELLER, teams=[team])


def parent_of(customers, team):
    return customers.scalar("SELECT state->>'parent_id' FROM directory WHERE id = :id", id=str(team))


def test_a_pool_is_seen_by_those_it_is_for(customers, chief, rep, team):
    (role,) = rep.caller.roles
    asia = parent_of(customers, team)
    outsider = customers.person("Outsider", SELLER)
    scopes = {"team": {"teams": [asia]}, "role": {"roles": [str(role)]}, "person": {"people": [str(rep.id)]}}
    for name, scope in scopes.items():
        one = pool(customers, chief, name, everybody=False, **scope)
        customer = pooled(customers, chief, name=f"Of the {name}", pool_id=one["id"])
        assert customer["pool_id"] == one["id"]
        assert names(customers.call("find_pool_customers", rep, pool_id=one["id"])) == [f"Of the {name}"]
        assert names(customers.call("find_pool_customers", outsider, pool_id=one["id"])) == []
        assert customers.call("get_customer", rep, customer_id=customer["id"]).status == 200
        assert customers.call("get_customer", outsider, customer_id=customer["id"]).status == 404
        assert claim(customers, outsider, customer).status == 404
    everywhere = [f"Of the {name}" for name in reversed(scopes)]
    assert names(customers.call("find_pool_customers", rep)) == everywhere
    assert names(customers.call("find_customers", rep, in_pool=True)) == everywhere
    assert names(customers.call("find_customers", rep)) == everywhere
    assert names(customers.call("find_customers", outsider)) == []


def test_what_somebody_took_from_a_pool_for_others_stays_unknown(customers, chief, rep):
    closed = pool(customers, chief, everybody=False, people=[str(rep.id)])
    customer = pooled(customers, chief, pool_id=closed["id"])
    assert claim(customers, rep, customer).status == 200
    assert claim(customers, customers.person("Outsider", SELLER), customer).status == 404
    assert refusal(claim(customers, rep, customer))[0] == "already-claimed"


def test_whoever_sees_everything_still_takes_only_from_pools_for_him(customers, chief, rep):
    closed = pool(customers, chief, everybody=False, people=[str(rep.id)])
    customer = pooled(customers, rep, pool_id=closed["id"])
    assert refusal(claim(customers, chief, customer))[0] == "not-for-you"


def test_the_first_pool_by_priority_takes_what_its_people_give_back(customers, chief, rep, team):
    late = pool(customers, chief, "Late", priority=20)
    first = pool(customers, chief, "First", priority=10, everybody=False, teams=[team])
    customer = created(customers, rep)
    assert release(customers, rep, customer).body["pool_id"] == first["id"]
    stranger = customers.person("Stranger", SELLER)
    assert release(customers, stranger, created(customers, stranger)).body["pool_id"] == late["id"]
    changed(customers, chief, first, enabled=False)
    assert release(customers, rep, created(customers, rep)).body["pool_id"] == late["id"]
    assert pooled(customers, rep)["pool_id"] == late["id"]


def test_it_is_told_which_pool_takes_a_customer_and_why(customers, chief, rep, team):
    first = pool(customers, chief, "First", priority=10, everybody=False, teams=[team])
    pool(customers, chief, "Shut", priority=5, enabled=False)
    pool(customers, chief, "Others", priority=6, everybody=False)
    answer = customers.call("match_pool", rep, owner_id=rep.id).body
    assert (answer["pool_id"], answer["name"]) == (first["id"], "First")
    assert [(one["name"], one["why"]) for one in answer["asked"]] == [
        ("Shut", "closed"),
        ("Others", "not-in-scope"),
        ("First", "by-team"),
        ("Shared pool", "later-in-order"),
    ]
    customer = created(customers, rep)
    assert customers.call("match_pool", rep, customer_id=customer["id"]).body["pool_id"] == first["id"]
    waiting = release(customers, rep, customer, pool_id=str(DEFAULT_POOL)).body
    told = customers.call("match_pool", rep, customer_id=waiting["id"]).body
    assert (told["pool_id"], told["asked"][-1]["why"]) == (str(DEFAULT_POOL), "lies-there")
    assert customers.call("match_pool", rep, customer_id=uuid4()).status == 404
    assert customers.call("match_pool", rep).status == 422


def test_a_release_goes_where_it_is_told_if_that_is_open(customers, chief, rep):
    target, shut = pool(customers, chief, "Target", priority=50), pool(customers, chief, "Shut", enabled=False)
    closed = pool(customers, chief, "For others", everybody=False)
    for one in (shut, closed, {"id": str(uuid4())}):
        assert refusal(release(customers, rep, created(customers, rep), pool_id=one["id"]))[0] == "unknown-pool"
    customer = created(customers, rep)
    assert release(customers, rep, customer, pool_id=target["id"]).body["pool_id"] == target["id"]
    event = customers.events()[-1]
    assert (event["type"], event["payload"]["pool_id"]) == ("CustomerReleased", target["id"])
    assert event["payload"]["pool_for_all"] is True
    some = pool(customers, chief, "For some", everybody=False, people=[str(rep.id)])
    assert release(customers, rep, created(customers, rep), pool_id=some["id"]).status == 200
    assert customers.events()[-1]["payload"]["pool_for_all"] is False
    line = customers.call("customer_owners", chief, customer_id=customer["id"]).body["items"][0]
    assert (line["how"], line["pool_id"], line["from_id"]) == ("release", target["id"], str(rep.id))


def test_reasons_for_a_release_are_words_of_a_list(customers, chief, rep):
    reason = customers.call("create_release_reason", chief, name="No budget").body
    assert customers.call("create_release_reason", chief, name="no budget").body["type"] == "name-taken"
    strict = pool(customers, chief, reason_required=True)
    customer = created(customers, rep)
    assert refusal(release(customers, rep, customer))[0] == "reason-required"
    assert refusal(release(customers, rep, customer, reason_id=uuid4()))[0] == "unknown-reason"
    assert release(customers, rep, customer, reason_id=reason["id"], reason="Next year").status == 200
    line = customers.call("customer_owners", chief, customer_id=customer["id"]).body["items"][0]
    assert (line["reason_id"], line["reason"], line["pool_id"]) == (reason["id"], "Next year", strict["id"])
    off = customers.call("change_release_reason", chief, reason_id=reason["id"], if_match=etag(reason), enabled=False)
    assert off.status == 200
    again = release(customers, rep, created(customers, rep), reason_id=reason["id"])
    assert refusal(again)[0] == "unknown-reason"
    assert names(customers.call("find_release_reasons", rep)) == ["No budget"]


def test_the_default_pool_is_there_and_stays_open(customers, chief, rep):
    (default,) = customers.call("find_pools", rep).body["items"]
    assert (default["id"], default["is_default"], default["everybody"]) == (str(DEFAULT_POOL), True, True)
    for shut in ({"enabled": False}, {"everybody": False}):
        answer = customers.call("change_pool", chief, pool_id=default["id"], if_match=etag(default), **shut)
        assert answer.body["type"] == "default-pool-open"
    assert changed(customers, chief, default, time_zone="Asia/Shanghai")["version"] == 2


def test_pools_are_set_up_by_who_may_and_looked_after_by_their_administrators(customers, chief, rep):
    keeper = customers.person("Keeper", KEEPER)
    assert customers.call("create_pool", rep, name="Mine").status == 403
    assert customers.call("create_pool", keeper, name="Mine").status == 404
    mine = pool(customers, chief, "Mine", administrators=[str(keeper.id)])
    other = pool(customers, chief, "Other")
    assert changed(customers, keeper, mine, fresh_hours=2)["fresh_hours"] == 2
    refused = customers.call("change_pool", keeper, pool_id=other["id"], if_match=etag(other), fresh_hours=2)
    assert refused.status == 404
    wider = customers.call("change_pool", keeper, pool_id=mine["id"], if_match='"2"', everybody=True)
    assert wider.status == 404
    stale = customers.call("change_pool", keeper, pool_id=mine["id"], if_match='"1"', fresh_hours=3)
    assert stale.status == 412


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"teams": [str(uuid4())]}, "/teams/0"),
        ({"people": [str(uuid4())]}, "/people/0"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"hidden_fields": ["name"]}, "/hidden_fields/0"),
        ({"limits": [{"rule": "wishes", "most": 3}]}, "/limits/0/rule"),
        ({"limits": [{"rule": "capacity", "most": 3, "role_id": str(uuid4())}]}, "/limits/0/role_id"),
        ({"not_counted": {"field": "nothing", "op": "eq", "value": 1}}, "/filter/field"),
    ],
)
def test_a_pool_is_made_of_what_is_known(customers, chief, wrong, pointer):
    answer = customers.call("create_pool", chief, name="North", **wrong)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)


def test_two_pools_of_one_name_cannot_be_told_apart(customers, chief):
    one = pool(customers, chief, "North")
    assert customers.call("create_pool", chief, name="NORTH").body["type"] == "name-taken"
    other = pool(customers, chief, "South")
    answer = customers.call("change_pool", chief, pool_id=other["id"], if_match=etag(other), name="north")
    assert answer.body["type"] == "name-taken"
    assert [item["name"] for item in customers.call("find_pools", chief).body["items"]] == [
        "North",
        "South",
        "Shared pool",
    ]
    assert customers.call("get_pool", chief, pool_id=one["id"]).body == one


def test_a_pool_for_others_is_not_shown_to_who_reads_only_his_own(customers, chief, rep):
    closed = pool(customers, chief, everybody=False)
    assert customers.call("get_pool", rep, pool_id=closed["id"]).status == 404
    assert [one["name"] for one in customers.call("find_pools", rep).body["items"]] == ["Shared pool"]
    assert seen(customers, rep, pooled(customers, rep)["id"])["pool_id"] == str(DEFAULT_POOL)

"""Who sees which customers, in every way of looking at them."""

import pytest

from chassis.live import visible_records
from services.customers.service import CustomersService
from tests.services.customers.factories import REP, created, names, pooled

PEOPLE = ("me", "colleague", "subordinate", "stranger")


@pytest.fixture
def teams(customers):
    mine = customers.team("Mine")
    return {"me": mine, "colleague": mine, "subordinate": customers.team("Below", parent=mine), "stranger": None}


@pytest.fixture
def there(customers, teams):
    """A customer of each person, and one in the pool, by whose it is; all names hold the word."""
    teams["stranger"] = customers.team("Elsewhere")
    people = {name: customers.person(name, REP, teams=[teams[name]]) for name in PEOPLE[1:]}
    records = {name: created(customers, person, name=f"{name}'s company") for name, person in people.items()}
    return records | {"pool": pooled(customers, people["stranger"], name="pool's company")}


def looker(customers, teams, permissions):
    me = customers.person("Me", {"customers:create": "own", **permissions}, teams=[teams["me"]])
    return me, created(customers, me, name="me's company")


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ({"customers:read": "own"}, {"me"}),
        ({"customers:read": "team"}, {"me", "colleague"}),
        ({"customers:read": "team_tree"}, {"me", "colleague", "subordinate"}),
        ({"customers:read": "all"}, {"me", "colleague", "subordinate", "stranger", "pool"}),
        ({"customers:read": "own", "customers:claim": "own"}, {"me", "pool"}),
        ({"customers:read": "team", "customers:claim": "all"}, {"me", "colleague", "pool"}),
        ({"customers:read": "team_tree", "customers:claim": "own"}, {"me", "colleague", "subordinate", "pool"}),
        ({"*": "all"}, {"me", "colleague", "subordinate", "stranger", "pool"}),
    ],
)
def test_reach_is_the_same_in_lists_searches_looks_and_live_news(customers, teams, there, permissions, expected):
    me, mine = looker(customers, teams, permissions)
    everything = there | {"me": mine}
    expected_names = sorted(f"{name}'s company" for name in expected)
    for sort in ("name", "-name", "created_at", "-updated_at"):
        assert sorted(names(customers.call("find_customers", me, sort=sort))) == expected_names
    for text in ("company", "'s", "y"):
        assert sorted(names(customers.call("find_customers", me, q=text))) == expected_names
    for name, record in everything.items():
        status = customers.call("get_customer", me, customer_id=record["id"]).status
        assert status == (200 if name in expected else 404), name
        owners = customers.call("customer_owners", me, customer_id=record["id"]).status
        assert owners == status
    with customers.session(me) as session:
        session.info["resources"] = CustomersService.resources
        ids = [record["id"] for record in everything.values()]
        heard = {str(one) for one in visible_records(session, me.caller, resource="customer", ids=ids)}
    assert heard == {everything[name]["id"] for name in expected}


def test_the_pool_can_be_left_out_or_asked_for_alone(customers, teams, there):
    me, _ = looker(customers, teams, {"customers:read": "team", "customers:claim": "own"})
    assert names(customers.call("find_customers", me, in_pool=True)) == ["pool's company"]
    assert sorted(names(customers.call("find_customers", me, in_pool="false"))) == [
        "colleague's company",
        "me's company",
    ]
    assert names(customers.call("find_pool_customers", me)) == ["pool's company"]
    everybody = customers.person("Auditor", {"customers:read": "all"})
    assert names(customers.call("find_customers", everybody, in_pool=True)) == ["pool's company"]
    assert len(names(customers.call("find_customers", everybody, in_pool=False))) == 4


def test_a_change_of_the_record_of_a_colleague_needs_reach_for_changes(customers, teams, there):
    me, mine = looker(customers, teams, {"customers:read": "all", "customers:change": "team"})
    everything = there | {"me": mine}
    for name, record in everything.items():
        answer = customers.call("change_customer", me, customer_id=record["id"], if_match='"1"', city="Hamburg")
        assert answer.status == (200 if name in ("me", "colleague") else 404), name


def test_somebody_without_a_team_sees_no_team(customers, there):
    loner = customers.person("Loner", {"customers:read": "team", "customers:create": "own"})
    created(customers, loner, name="own")
    other = customers.person("Other loner", REP)
    created(customers, other, name="not his")
    assert names(customers.call("find_customers", loner)) == ["own"]


def test_members_of_several_teams_see_each_customer_once(customers, teams):
    second = customers.team("Second")
    me = customers.person("Me", {"customers:read": "team_tree", "customers:create": "own"}, [teams["me"], second])
    for place, count in ((teams["me"], 3), (second, 3)):
        owner = customers.person("Owner", REP, teams=[place])
        for number in range(count):
            created(customers, owner, name=f"{number}")
    created(customers, me, name="mine")
    assert sorted(names(customers.call("find_customers", me))) == ["0", "0", "1", "1", "2", "2", "mine"]

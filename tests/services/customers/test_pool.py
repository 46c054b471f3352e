"""The shared pool: claim, release and assign, and the history of owners."""

from uuid import uuid4

import pytest

from chassis.identity.events import UserChanged
from chassis.testing.tested import together
from services.customers import teams
from services.customers.errors import AlreadyClaimed
from services.customers.pools import owning as pool
from tests.services.customers.factories import ADMIN, LEAD, REP, created, names, pooled, seen


@pytest.fixture
def team(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, team):
    return customers.person("Rep", REP, teams=[team])


@pytest.fixture
def lead(customers, team):
    return customers.person("Lead", LEAD, teams=[team])


def claim(customers, who, customer):
    return customers.call("claim_customer", who, customer_id=customer["id"])


def release(customers, who, customer, **reason):
    return customers.call("release_customer", who, customer_id=customer["id"], **reason)


def assign(customers, who, customer, owner, **reason):
    return customers.call("assign_customer", who, customer_id=customer["id"], owner_id=owner.id, **reason)


def test_whoever_claims_a_customer_owns_it_and_it_leaves_the_pool(customers, rep, team):
    customer = pooled(customers, rep, name="Wanted")
    assert names(customers.call("find_pool_customers", rep)) == ["Wanted"]
    answer = claim(customers, rep, customer)
    assert answer.status == 200
    assert (answer.body["owner_id"], answer.body["team_id"]) == (str(rep.id), str(team))
    assert (answer.body["in_pool"], answer.body["version"]) == (False, 2)
    assert names(customers.call("find_pool_customers", rep)) == []
    assert [event["type"] for event in customers.events()] == ["CustomerCreated", "CustomerClaimed"]
    assert customers.events()[-1]["payload"]["owner_id"] == str(rep.id)


def test_of_two_hundred_parallel_claims_exactly_one_wins(customers, rep):
    reps = [customers.person(f"Rep {number}", REP) for number in range(200)]
    customer = pooled(customers, rep)

    def try_to_claim(index):
        try:
            with customers.session(reps[index]) as session:
                pool.claim_customer(session, reps[index].caller, customer["id"])
        except AlreadyClaimed as refusal:
            return refusal.slug
        return "won"

    results = together(200, try_to_claim)
    assert (results.count("won"), results.count("already-claimed")) == (1, 199)
    winner = reps[results.index("won")]
    assert seen(customers, winner, customer["id"])["owner_id"] == str(winner.id)
    assert [event["type"] for event in customers.events()].count("CustomerClaimed") == 1
    assert customers.scalar("SELECT count(*) FROM ownerships WHERE how = 'claim'") == 1


def test_a_claim_that_comes_later_learns_that_the_customer_is_taken(customers, rep):
    customer = pooled(customers, rep)
    assert claim(customers, rep, customer).status == 200
    late = customers.person("Late", REP)
    for who in (late, rep):
        answer = claim(customers, who, customer)
        assert (answer.status, answer.body["type"]) == (409, "already-claimed")
    assert customers.call("get_customer", late, customer_id=customer["id"]).status == 404


def test_a_strangers_customer_that_was_never_in_the_pool_does_not_exist(customers, rep):
    customer = created(customers, customers.person("Stranger", REP))
    assert claim(customers, rep, customer).status == 404
    assert claim(customers, rep, {"id": str(uuid4())}).status == 404


def test_without_the_permission_nobody_claims_or_looks_into_the_pool(customers, rep):
    customer = pooled(customers, rep)
    clerk = customers.person("Clerk", {"customers:read": "own"})
    assert claim(customers, clerk, customer).status == 403
    assert customers.call("find_pool_customers", clerk).status == 403
    assert customers.call("get_customer", clerk, customer_id=customer["id"]).status == 404
    assert names(customers.call("find_customers", clerk)) == []


def test_the_owner_puts_a_customer_back_and_another_one_can_claim_it(customers, rep):
    customer = created(customers, rep)
    answer = release(customers, rep, customer, reason=" No need ")
    assert (answer.status, answer.body["in_pool"], answer.body["owner_id"]) == (200, True, None)
    assert answer.body["team_id"] is None
    assert customers.events()[-1]["type"] == "CustomerReleased"
    again = release(customers, rep, customer)
    assert (again.status, again.body["type"]) == (409, "already-in-pool")
    other = customers.person("Other", REP)
    assert claim(customers, other, customer).status == 200


@pytest.mark.parametrize(
    ("reach", "colleague", "subordinate", "stranger"),
    [("own", 404, 404, 404), ("team", 200, 404, 404), ("team_tree", 200, 200, 404), ("all", 200, 200, 200)],
)
def test_release_goes_as_far_as_the_permission_reaches(customers, team, reach, colleague, subordinate, stranger):
    below, elsewhere = customers.team("Below", parent=team), customers.team("Elsewhere")
    boss = customers.person("Boss", {"customers:read": "all", "customers:release": reach}, teams=[team])
    for place, status in ((team, colleague), (below, subordinate), (elsewhere, stranger)):
        customer = created(customers, customers.person("Owner", REP, teams=[place]))
        assert release(customers, boss, customer).status == status
        assert seen(customers, boss, customer["id"])["in_pool"] == (status == 200)


def test_the_history_names_every_owner_the_present_one_first(customers, rep, lead, team):
    customer = created(customers, rep)
    release(customers, rep, customer, reason="No need")
    claim(customers, lead, customer)
    assign(customers, lead, customer, rep, reason="Knows the sector")
    lines = customers.call("customer_owners", rep, customer_id=customer["id"]).body["items"]
    assert [(line["how"], line["from_id"], line["to_id"], line["by_id"], line["reason"]) for line in lines] == [
        ("assign", str(lead.id), str(rep.id), str(lead.id), "Knows the sector"),
        ("claim", None, str(lead.id), str(lead.id), None),
        ("release", str(rep.id), None, str(rep.id), "No need"),
        ("create", None, str(rep.id), str(rep.id), None),
    ]
    page = customers.call("customer_owners", rep, customer_id=customer["id"], limit=3).body
    rest = customers.call("customer_owners", rep, customer_id=customer["id"], cursor=page["next_cursor"]).body
    assert page["items"] + rest["items"] == lines
    assert customers.call("customer_owners", customers.person("X", REP), customer_id=customer["id"]).status == 404


def test_an_assigned_customer_goes_to_the_owners_main_team(customers, rep, lead, team):
    west = customers.team("West")
    newcomer = customers.person("Newcomer", REP, teams=[west, team])
    answer = assign(customers, lead, created(customers, rep), newcomer)
    assert (answer.status, answer.body["owner_id"], answer.body["team_id"]) == (200, str(newcomer.id), str(west))
    assert customers.events()[-1]["type"] == "CustomerChanged"


def test_a_customer_in_the_pool_can_be_assigned(customers, rep, lead):
    answer = assign(customers, lead, pooled(customers, rep), rep)
    assert (answer.status, answer.body["owner_id"], answer.body["in_pool"]) == (200, str(rep.id), False)


def test_assigning_needs_reach_and_an_active_person(customers, rep, lead):
    foreign = created(customers, customers.person("Stranger", REP))
    assert assign(customers, lead, foreign, rep).status == 404
    assert assign(customers, rep, created(customers, rep), lead).status == 403
    customer = created(customers, rep)
    nobody = customers.call("assign_customer", lead, customer_id=customer["id"], owner_id=uuid4())
    assert (nobody.status, nobody.body["type"]) == (409, "unknown-owner")
    gone = customers.person("Gone", REP)
    customers.deliver(UserChanged(aggregate_id=gone.id, version=2, name="Gone", active=False, teams=[], roles=[]))
    assert assign(customers, lead, customer, gone).body["type"] == "unknown-owner"
    assert seen(customers, rep, customer["id"])["version"] == 1


def test_assigning_to_the_present_owner_changes_nothing(customers, rep, lead):
    customer = created(customers, rep)
    assert assign(customers, lead, customer, rep).body["version"] == 1
    assert len(customers.events()) == 1


def test_customers_follow_an_owner_who_moves_to_another_team(customers, rep, team, monkeypatch):
    monkeypatch.setattr(teams, "CUSTOMERS_AT_A_TIME", 2)
    mine = [created(customers, rep, name=f"Customer {number}") for number in range(3)]
    other = created(customers, customers.person("Other", REP, teams=[team]))
    west = customers.team("West")
    customers.deliver(UserChanged(aggregate_id=rep.id, version=2, name="Rep", active=True, teams=[west], roles=[]))
    customers.fire_timers()
    admin = customers.person("Admin", ADMIN)
    assert {seen(customers, admin, one["id"])["team_id"] for one in mine} == {str(west)}
    assert seen(customers, admin, other["id"])["team_id"] == str(team)
    assert [event["type"] for event in customers.events()][-3:] == ["CustomerChanged"] * 3
    customers.deliver(UserChanged(aggregate_id=rep.id, version=3, name="R", active=True, teams=[west], roles=[]))
    assert customers.fire_timers() == 0

"""Customers shared with people and teams: seen on every surface, for as long as the share stands, and no further."""

import json
from datetime import timedelta
from functools import partial

import pytest

from chassis.clock import now
from chassis.identity import directory
from chassis.identity.events import TeamChanged, UserChanged
from chassis.live import visible_records
from chassis.sharing import operations
from chassis.testing.tested import together
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, created, etag, imported, names, pooled, seen

SHARER = {
    "customers:read": "team",
    "customers:create": "own",
    "customers:change": "own",
    "customers:release": "own",
    "customers:share": "own",
}
PARTNER = {"customers:read": "shared", "customers:change": "shared"}


@pytest.fixture
def rep(customers):
    return customers.person("Rep", SHARER, teams=[customers.team("Sales")])


@pytest.fixture
def partner(customers):
    return customers.person("Partner", PARTNER, teams=[customers.team("Agency")])


def shared(customers, by, customer, grantee_id, **terms):
    answer = customers.call("share_customer", by, customer_id=customer["id"], grantee_id=grantee_id, **terms)
    assert answer.status == 201, answer.body
    return answer.body


def refusal(answer):
    return answer.status, answer.body["type"]


def surfaces(customers, who, customer):
    """On which surfaces the person meets the customer."""
    looked = customers.call("get_customer", who, customer_id=customer["id"]).status
    listed = [names(customers.call("find_customers", who, sort=sort)) for sort in ("name", "-created_at", "updated_at")]
    tree = json.dumps({"field": "name", "op": "eq", "value": customer["name"]})
    filtered = names(customers.call("find_customers", who, filter=tree))
    found = names(customers.call("find_customers", who, q=customer["name"][:5]))
    owners = customers.call("customer_owners", who, customer_id=customer["id"]).status
    below = customers.call("find_subsidiaries", who, customer_id=customer["id"]).status
    with customers.session(who) as session:
        session.info["resources"] = CustomersService.resources
        caller = customers.directory.caller(who.id)
        heard = visible_records(session, caller, resource="customer", ids=[customer["id"]])
    return {
        "look": looked == 200,
        "lists": {customer["name"] in page for page in listed} == {True},
        "some list": any(customer["name"] in page for page in listed),
        "filter": customer["name"] in filtered,
        "search": customer["name"] in found,
        "owners": owners == 200,
        "subsidiaries": below == 200,
        "live": bool(heard),
    }


def is_everywhere(customers, who, customer):
    met = surfaces(customers, who, customer)
    assert set(met.values()) in ({True}, {False}), met
    return met["look"]


def test_what_is_shared_is_seen_on_every_surface_until_it_is_revoked(customers, rep, partner):
    customer, other = created(customers, rep, name="Shared company"), created(customers, rep, name="Other company")
    assert not is_everywhere(customers, partner, customer)

    share = shared(customers, rep, customer, partner.id)

    assert is_everywhere(customers, partner, customer)
    assert not is_everywhere(customers, partner, other)
    revoked = customers.call("revoke_customer_share", rep, customer_id=customer["id"], share_id=share["id"])
    assert revoked.status == 204
    assert not is_everywhere(customers, partner, customer)


def test_a_share_expires_by_itself_at_once(customers, rep, partner):
    customer = created(customers, rep, name="Shared company")
    share = shared(customers, rep, customer, partner.id, expires_at=now() + timedelta(hours=1))
    assert is_everywhere(customers, partner, customer)

    with customers.session() as session:
        session.connection().exec_driver_sql("UPDATE shares SET expires_at = clock_timestamp()")

    assert not is_everywhere(customers, partner, customer)
    assert customers.call("customer_shares", rep, customer_id=customer["id"]).body["items"] == []
    with customers.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now()")
    customers.fire_timers()
    told = [event["payload"] for event in customers.events() if event["type"] == "CustomerShared"]
    assert [one["ended_at"] is None for one in told] == [True, False]
    assert customers.scalar("SELECT version FROM shares WHERE id = :id", id=share["id"]) == 2


def test_a_share_may_be_for_reading_only_or_for_changes_too(customers, rep, partner):
    customer = created(customers, rep)
    shared(customers, rep, customer, partner.id)
    change = {"customer_id": customer["id"], "city": "Hamburg"}
    assert customers.call("change_customer", partner, **change, if_match=etag(customer)).status == 404
    assert customers.call("add_contact", partner, customer_id=customer["id"], name="Purchasing").status == 404

    again = shared(customers, rep, customer, partner.id, may_change=True)

    assert again["version"] == 2
    assert customers.call("change_customer", partner, **change, if_match=etag(customer)).status == 200
    assert customers.call("add_contact", partner, customer_id=customer["id"], name="Purchasing").status == 201
    shares = customers.call("customer_shares", rep, customer_id=customer["id"]).body["items"]
    assert [(one["grantee_id"], one["may_change"]) for one in shares] == [(str(partner.id), True)]


def test_a_share_needs_the_permission_too(customers, rep):
    customer = created(customers, rep)
    nobody = customers.person("Nobody", {"customers:claim": "own"})
    reader = customers.person("Reader", {"customers:read": "own"})
    for person in (nobody, reader):
        shared(customers, rep, customer, person.id, may_change=True)
    assert customers.call("get_customer", nobody, customer_id=customer["id"]).status == 403
    assert customers.call("get_customer", reader, customer_id=customer["id"]).status == 200
    answer = customers.call("change_customer", reader, customer_id=customer["id"], city="Kiel", if_match='"1"')
    assert answer.status == 403


def test_shared_with_a_team_means_its_members_not_the_teams_below(customers, rep):
    team = customers.team("Service")
    below = customers.team("Service, night shift", parent=team)
    member, second = (customers.person("Member", PARTNER, teams=teams) for teams in ([team], [below, team]))
    lower = customers.person("Lower", PARTNER, teams=[below])
    customer = created(customers, rep)

    shared(customers, rep, customer, team, grantee_kind="team")

    assert is_everywhere(customers, member, customer)
    assert is_everywhere(customers, second, customer)
    assert not is_everywhere(customers, lower, customer)


def test_who_leaves_the_team_loses_what_was_shared_with_it(customers, rep):
    team = customers.team("Service")
    member = customers.person("Member", PARTNER, teams=[team])
    customer = created(customers, rep)
    shared(customers, rep, customer, team, grantee_kind="team")
    roles = customers.scalar("SELECT state->'roles' FROM directory WHERE id = :id", id=str(member.id))

    customers.deliver(UserChanged(aggregate_id=member.id, version=2, name="Member", active=True, teams=[], roles=roles))

    assert not is_everywhere(customers, member, customer)


def test_shares_end_with_the_team(customers, rep):
    team = customers.team("Service")
    customer = created(customers, rep)
    shared(customers, rep, customer, team, grantee_kind="team")

    customers.deliver(TeamChanged(aggregate_id=team, version=2, name="Service", parent_id=None, removed=True))

    assert customers.call("customer_shares", rep, customer_id=customer["id"]).body["items"] == []
    assert customers.events()[-1]["payload"]["ended_at"] is not None


def test_shares_end_with_the_account_and_do_not_come_back_with_it(customers, rep, partner):
    customer = created(customers, rep)
    shared(customers, rep, customer, partner.id)
    known = "SELECT state->'roles' FROM directory WHERE id = :id AND kind = 'user'"
    roles = customers.scalar(known, id=str(partner.id))
    state = {"aggregate_id": partner.id, "name": "Partner", "teams": [], "roles": roles}

    customers.deliver(UserChanged(version=2, active=False, **state))
    customers.deliver(UserChanged(version=3, active=True, **state))

    assert not is_everywhere(customers, partner, customer)
    assert customers.call("customer_shares", rep, customer_id=customer["id"]).body["items"] == []
    shared(customers, rep, customer, partner.id)
    customers.deliver(UserChanged(version=2, active=False, **state))
    assert is_everywhere(customers, partner, customer)


def test_nobody_shares_more_than_he_has(customers, rep, partner):
    colleague = customers.person("Colleague", SHARER, teams=rep.caller.teams)
    theirs = created(customers, colleague)
    wide = customers.person("Wide", {**SHARER, "customers:share": "team"}, teams=rep.caller.teams)
    terms = {"customer_id": theirs["id"], "grantee_id": partner.id}

    assert customers.call("share_customer", rep, **terms).status == 404
    answer = customers.call("share_customer", wide, **terms, may_change=True)
    assert refusal(answer) == (403, "beyond-own-access")
    shared(customers, colleague, theirs, wide.id, may_change=True)
    answer = customers.call("share_customer", wide, **terms, may_change=True)
    assert refusal(answer) == (403, "beyond-own-access"), "what is shared with somebody he cannot share on"
    assert shared(customers, wide, theirs, partner.id)["may_change"] is False


def test_what_is_only_shared_cannot_be_shared_on_nor_given_away(customers, rep):
    rights = {**SHARER, "customers:read": "own", "customers:assign": "own"}
    middleman, friend = customers.person("Middleman", rights), customers.person("Friend", PARTNER)
    customer = created(customers, rep)
    shared(customers, rep, customer, middleman.id, may_change=True)

    assert customers.call("get_customer", middleman, customer_id=customer["id"]).status == 200
    here = {"customer_id": customer["id"]}
    assert customers.call("share_customer", middleman, **here, grantee_id=friend.id).status == 404
    assert customers.call("customer_shares", middleman, **here).status == 404
    assert customers.call("release_customer", middleman, **here).status == 404
    assert customers.call("assign_customer", middleman, **here, owner_id=middleman.id).status == 404


def test_what_cannot_be_shared(customers, rep, partner):
    customer = created(customers, rep)
    here = {"customer_id": customer["id"]}
    share = customers.call
    assert share("share_customer", rep, **here, grantee_id=customer["id"]).body["type"] == "unknown-grantee"
    team = {"grantee_kind": "team", "grantee_id": partner.id}
    assert share("share_customer", rep, **here, **team).body["type"] == "unknown-grantee"
    assert share("share_customer", rep, **here, grantee_id=rep.id).body["type"] == "shared-with-oneself"
    past = {"grantee_id": partner.id, "expires_at": now() - timedelta(seconds=1)}
    assert share("share_customer", rep, **here, **past).body["errors"][0]["pointer"] == "/expires_at"
    assert share("share_customer", partner, **here, grantee_id=rep.id).status == 403
    assert share("revoke_customer_share", rep, **here, share_id=customer["id"]).status == 404
    assert customers.scalar("SELECT count(*) FROM shares") == 0
    assert [event for event in customers.events() if event["type"] == "CustomerShared"] == []


def test_a_share_of_another_customer_is_not_revoked_by_its_id(customers, rep, partner):
    stranger = customers.person("Stranger", SHARER)
    mine, theirs = created(customers, stranger), created(customers, rep)
    share = shared(customers, rep, theirs, partner.id)
    answer = customers.call("revoke_customer_share", stranger, customer_id=mine["id"], share_id=share["id"])
    assert answer.status == 404
    assert is_everywhere(customers, partner, theirs)


def test_a_shared_customer_in_the_pool_is_listed_with_the_pool(customers, partner):
    admin = customers.person("Admin", ADMIN)
    customer, hidden = pooled(customers, admin, name="In the pool"), pooled(customers, admin, name="Unshared")
    shared(customers, admin, customer, partner.id)
    assert names(customers.call("find_customers", partner, in_pool=True)) == ["In the pool"]
    assert names(customers.call("find_customers", partner, in_pool=False)) == []
    assert customers.call("get_customer", partner, customer_id=hidden["id"]).status == 404


def test_own_and_shared_customers_come_in_one_order_each_once(customers, rep):
    reader = customers.person("Reader", {"customers:read": "own", "customers:create": "own"}, teams=rep.caller.teams)
    for number in range(12):
        owner = (rep, reader)[number % 2]
        customer = created(customers, owner, name=f"Company {number:02}")
        if owner is rep:
            shared(customers, rep, customer, reader.id)
            shared(customers, rep, customer, rep.caller.main_team, grantee_kind="team")
    listed, cursor = [], None
    while True:
        page = customers.call("find_customers", reader, sort="name", limit=5, **({"cursor": cursor} if cursor else {}))
        listed += names(page)
        cursor = page.body["next_cursor"]
        if cursor is None:
            break
    assert listed == [f"Company {number:02}" for number in range(12)]


def test_an_import_updates_what_is_shared_for_changes(customers, rep):
    importer = customers.person(
        "Importer", {"customers:read": "own", "customers:change": "own", "customers:import": "own"}
    )
    customer, readable = created(customers, rep, name="Shared"), created(customers, rep, name="Readable")
    shared(customers, rep, customer, importer.id, may_change=True)
    shared(customers, rep, readable, importer.id)
    rows = [{"name": "Shared", "city": "Kiel"}, {"name": "Readable", "city": "Kiel"}]
    result = imported(customers, importer, rows, on_match="update")["result"]
    assert (result["updated"], result["failed"]) == (1, 1)
    assert seen(customers, rep, customer["id"])["city"] == "Kiel"


def test_nothing_is_shared_with_somebody_who_left_a_moment_ago(customers, rep, partner):
    customer = created(customers, rep)
    gone = UserChanged(aggregate_id=partner.id, version=2, name="Partner", active=False, teams=[], roles=[])
    with customers.session() as session:
        directory.keep(session, gone)
    answer = customers.call("share_customer", rep, customer_id=customer["id"], grantee_id=partner.id)
    assert refusal(answer) == (409, "unknown-grantee")


def test_a_share_and_the_departure_of_its_grantee_leave_no_share(customers, rep):
    customer = created(customers, rep)

    def share_or_close(index, person):
        if index == 0:
            return customers.call("share_customer", rep, customer_id=customer["id"], grantee_id=person.id).status
        gone = UserChanged(aggregate_id=person.id, version=2, name="Person", active=False, teams=[], roles=[])
        return customers.deliver(gone)

    for _ in range(10):
        answers = together(2, partial(share_or_close, person=customers.person("Person", PARTNER)))
        assert answers[0] in (201, 409)
        assert customers.scalar("SELECT count(*) FROM shares WHERE ended_at IS NULL") == 0


def test_there_is_an_end_to_what_is_shared_with_one_also_for_those_who_share_at_once(
    customers, rep, partner, monkeypatch
):
    monkeypatch.setattr(operations, "MAX_SHARED", 3)
    records = [created(customers, rep)["id"] for _ in range(6)]
    terms = {"grantee_id": partner.id}
    answers = together(6, lambda index: customers.call("share_customer", rep, customer_id=records[index], **terms))
    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 3
    assert {answer.body["type"] for answer in answers if answer.status == 409} == {"too-many-for-one"}


def test_what_is_shared_with_whom_stands_in_the_audit_trail(customers, rep, partner):
    customer = created(customers, rep)
    share = shared(customers, rep, customer, partner.id)
    customers.call("revoke_customer_share", rep, customer_id=customer["id"], share_id=share["id"])
    given, ended = (entry for entry in customers.audited() if entry["action"] == "share")
    assert (str(given["record_id"]), given["actor"], given["resource"]) == (customer["id"], rep.id, "customers")
    assert given["changes"][0]["after"]["grantee_id"] == str(partner.id)
    assert ended["changes"][0]["after"]["ended_at"] is not None


def test_sharing_twice_at_the_same_moment_makes_one_share(customers, rep, partner):
    customer = created(customers, rep)
    terms = {"customer_id": customer["id"], "grantee_id": partner.id}
    answers = together(8, lambda _: customers.call("share_customer", rep, **terms))
    assert {answer.status for answer in answers} == {201}
    assert sorted(answer.body["version"] for answer in answers) == list(range(1, 9))
    assert customers.scalar("SELECT count(*) FROM shares") == 1

"""Nobody reaches further than his permission, gives what he does not have, or removes the last administrator."""

import pytest

from chassis.testing.tested import together
from services.auth.roles import role_id
from tests.services.auth.factories import etag

HR = {"users:read": "all", "users:create": "all", "users:change": "all", "customers:read": "team"}
LEAD = {"users:read": "team_tree", "users:create": "team_tree", "users:change": "team_tree", "teams:read": "team_tree"}


@pytest.fixture
def offices(house):
    """East with North-East below it, and West."""
    east = house.team("East")
    return {"east": east, "north": house.team("North", east), "west": house.team("West")}


def names(house, who, **search):
    return {item["name"] for item in house.done("find_users", who, **search)["items"]}


def test_reach_decides_whom_one_sees(house, offices):
    house.user("In East", teams=(offices["east"],))
    house.user("In North", teams=(offices["north"],))
    house.user("In West", teams=(offices["west"], offices["north"]))
    alone = house.user("Alone")
    see = {
        reach: house.person_who_may(f"Sees {reach}", {"users:read": reach}, teams=(offices["east"],))
        for reach in ("own", "team", "team_tree", "all")
    }
    colleagues = {"Sees own", "Sees team", "Sees team_tree", "Sees all", "In East"}
    assert names(house, see["own"]) == {"Sees own"}
    assert names(house, see["team"]) == colleagues
    assert names(house, see["team_tree"]) == colleagues | {"In North", "In West"}
    assert names(house, see["all"]) == colleagues | {"In North", "In West", "Alone", "Administrator"}
    assert house.call("get_user", see["team"], user_id=alone["id"]).status == 404


def test_live_changes_follow_the_same_rule(house, offices):
    inside = house.user("In East", teams=(offices["east"],))
    outside = house.user("In West", teams=(offices["west"],))
    lead = house.person_who_may("Lead", LEAD, teams=(offices["east"],))
    seen = house.done("visible_records", lead, resource="user", ids=[inside["id"], outside["id"]])
    assert seen == [inside["id"]]
    seen = house.done("visible_records", lead, resource="team", ids=[offices["north"], offices["west"]])
    assert seen == [offices["north"]]
    assert house.done("visible_records", lead, resource="role", ids=[role_id("analyst")]) == []


def test_a_lead_adds_and_changes_people_of_his_teams_only(house, offices):
    lead = house.person_who_may("Lead", LEAD, teams=(offices["east"],))
    fields = {"name": "Rep", "email": "rep@example.com"}
    for teams in ([], [offices["west"]], [offices["north"], offices["west"]]):
        answer = house.call("create_user", lead, **fields, teams=teams)
        assert (answer.status, answer.body["type"]) == (403, "out-of-reach")
    rep = house.done("create_user", lead, **fields, teams=[offices["north"]])
    answer = house.call("change_user", lead, user_id=rep["id"], teams=[offices["west"]], if_match='"1"')
    assert answer.body["type"] == "out-of-reach"
    outside = house.user("Outside", teams=(offices["west"],))
    assert house.call("change_user", lead, user_id=outside["id"], name="Mine", if_match='"1"').status == 404
    assert house.call("reset_password", lead, user_id=outside["id"]).status == 404


def test_nobody_gives_a_role_with_rights_that_he_lacks(house):
    hr = house.person_who_may("HR", HR)
    rep = house.user("Rep")
    for role in ("administrator", "analyst"):
        given = house.call("change_user", hr, user_id=rep["id"], roles=[role_id(role)], if_match='"1"')
        assert (given.status, given.body["type"]) == (403, "beyond-own-rights")
        made = house.call("create_user", hr, name="New", email="new@example.com", roles=[role_id(role)])
        assert made.body["type"] == "beyond-own-rights"
    own = house.done("get_me", hr)["roles"][0]["id"]
    assert house.call("change_user", hr, user_id=rep["id"], roles=[own], if_match='"1"').status == 200


def test_nobody_makes_a_role_with_rights_that_he_lacks(house):
    maker = house.person_who_may("Maker", {"roles:create": "all", "roles:change": "all", "customers:read": "team"})
    wider = house.call("create_role", maker, name="Wider", permissions={"customers:read": "team_tree"})
    other = house.call("create_role", maker, name="Other", permissions={"tickets:read": "own"})
    everything = house.call("create_role", maker, name="Everything", permissions={"*": "own"})
    copied = house.call("copy_role", maker, role_id=role_id("administrator"), name="Mine")
    assert {answer.body["type"] for answer in (wider, other, everything, copied)} == {"beyond-own-rights"}
    fine = house.done("create_role", maker, name="Narrow", permissions={"customers:read": "own"})
    answer = house.call("change_role", maker, role_id=fine["id"], permissions={"*": "all"}, if_match='"1"')
    assert answer.body["type"] == "beyond-own-rights"


def test_nobody_takes_over_an_account_that_has_more_rights(house):
    hr = house.person_who_may("HR", HR)
    for operation, change in (
        ("reset_password", {}),
        ("change_user", {"email": "mine@example.com", "if_match": '"1"'}),
        ("change_user", {"active": False, "if_match": '"1"'}),
        ("change_user", {"roles": [], "if_match": '"1"'}),
    ):
        answer = house.call(operation, hr, user_id=house.admin.id, **change)
        assert (answer.status, answer.body["type"]) == (403, "beyond-own-rights")


def test_roles_that_somebody_has_already_may_stay_with_him(house):
    hr = house.person_who_may("HR", {**HR, "customers:read": "all", "interactions:read": "all"})
    view = house.user("Rep", roles=("analyst",))
    answer = house.call("change_user", hr, user_id=view["id"], roles=[role_id("analyst")], if_match='"1"')
    assert answer.body["type"] == "beyond-own-rights", "he has fewer rights than an analyst"


def test_the_last_administrator_stays(house):
    for change in ({"active": False}, {"roles": [role_id("analyst")]}):
        answer = house.call("change_user", house.admin, user_id=house.admin.id, **change, if_match='"1"')
        assert (answer.status, answer.body["type"]) == (409, "last-administrator")
    assert house.done("get_me")["permissions"] == {"*": "all"}


def test_an_administrator_may_go_when_another_stays(house):
    second = house.person("Second", roles=("administrator",))
    house.done("change_user", second, user_id=house.admin.id, active=False, if_match='"1"')
    answer = house.call("change_user", second, user_id=second.id, active=False, if_match='"1"')
    assert answer.body["type"] == "last-administrator", "a closed account does not count"


def test_a_copied_administrator_role_counts_too_and_cannot_lose_its_star(house):
    copy = house.done("copy_role", role_id=role_id("administrator"), name="Owners")
    house.done("change_user", user_id=house.admin.id, roles=[copy["id"]], if_match='"1"')
    answer = house.call(
        "change_role", house.admin, role_id=copy["id"], permissions={"users:read": "all"}, if_match='"1"'
    )
    assert answer.body["type"] == "last-administrator"


def test_two_administrators_cannot_close_each_other_at_once(house):
    second = house.person("Second", roles=("administrator",))
    pairs = [(house.admin, second), (second, house.admin)]

    def close(index):
        one, other = pairs[index]
        return house.auth.call("change_user", one.person, user_id=other.id, active=False, if_match='"1"')

    answers = together(2, close)
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert house.auth.scalar("SELECT count(*) FROM users WHERE active") == 1


def test_changed_rights_hold_from_the_next_call_on(house):
    role = house.done("create_role", name="Reader", permissions={"users:read": "all"})
    view = house.user("Rep")
    house.done("change_user", user_id=view["id"], roles=[role["id"]], if_match='"1"')
    rep = house.log_in(view["email"])
    assert house.call("find_users", rep).status == 200
    house.done("change_role", role_id=role["id"], permissions={}, if_match=etag(role))
    assert house.call("find_users", rep).status == 403

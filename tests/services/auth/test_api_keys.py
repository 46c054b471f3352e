"""API keys let programs act for somebody: with one role, never beyond their owner, and only while they are good."""

from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.identity import api_keys
from chassis.ids import new_id
from chassis.requests import Request
from services.auth.api_keys import commands, lookup
from services.auth.roles import role_id
from services.customers.service import CustomersService

KEYS = {"api_keys:create": "all", "users:read": "all"}


def key_for(house, who, role="integration", **fields):
    """A new key, as it was answered."""
    fields = {"name": "Web shop", "role_id": role_id(role)} | fields
    return house.done("create_api_key", who, **fields)


def use(house, key, operation="get_me", **arguments):
    """A call by a program."""
    return house.call(operation, request=Request(token=key["key"], remote_addr="192.0.2.9"), **arguments)


def test_a_key_acts_for_its_owner_with_its_role(house):
    key = key_for(house, house.admin)
    assert api_keys.hash_of(key["key"])
    assert key["key"].startswith(f"rp_{key['prefix']}_")
    me = use(house, key)
    assert (me.status, me.body["id"]) == (200, str(house.admin.id))
    assert me.body["permissions"]["customers:read"] == "all"
    assert "*" not in me.body["permissions"]
    assert use(house, key, "find_users").status == 403, "the role does not let it"


def test_a_key_may_have_a_role_of_its_owner(house):
    lead = house.person_who_may("Lead", KEYS)
    (own_role,) = house.done("get_user", user_id=lead.id)["roles"]
    key = key_for(house, lead, role_id=own_role)
    assert use(house, key, "find_users").status == 200


def test_a_key_has_no_role_that_goes_beyond_its_maker(house):
    lead = house.person_who_may("Lead", KEYS)
    for role in ("administrator", "integration"):
        answer = house.call("create_api_key", lead, name="Web shop", role_id=role_id(role))
        assert (answer.status, answer.body["type"]) == (403, "beyond-own-rights")


def test_a_key_never_may_do_more_than_its_owner_at_the_moment(house):
    lead = house.person_who_may("Lead", KEYS | {"customers:read": "team"})
    (own_role,) = house.done("get_user", user_id=lead.id)["roles"]
    key = key_for(house, lead, role_id=own_role)
    assert use(house, key).body["permissions"]["customers:read"] == "team"

    view = house.done("get_user", user_id=lead.id)
    house.done("change_user", user_id=lead.id, roles=[role_id("sales_rep")], if_match=f'"{view["version"]}"')

    assert "users:read" not in use(house, key).body["permissions"]
    assert use(house, key, "find_users").status == 403


def test_a_key_can_be_made_for_people_within_reach_only(house):
    east, west = house.team("East"), house.team("West")
    lead = house.person_who_may("Lead", {"api_keys:create": "team"}, teams=(east,))
    program, stranger = house.user("Program", teams=(east,)), house.user("Stranger", teams=(west,))
    (own_role,) = house.done("get_user", user_id=lead.id)["roles"]
    assert key_for(house, lead, role_id=own_role, owner_id=program["id"])["owner_id"] == program["id"]
    answer = house.call("create_api_key", lead, name="Shop", role_id=own_role, owner_id=stranger["id"])
    assert answer.status == 404
    assert house.call("create_api_key", lead, name="Shop", role_id=own_role, owner_id=house.admin.id).status == 404


def test_making_a_key_takes_a_log_in_and_a_step_up(house):
    fresh = house.log_in(house.admin.email, "only for the tests of auth")
    answer = house.call("create_api_key", fresh, name="Web shop", role_id=role_id("integration"))
    assert (answer.status, answer.body["type"]) == (403, "step-up-required")
    key = key_for(house, house.admin, role="administrator")
    assert use(house, key, "create_api_key", name="Another", role_id=role_id("integration")).status == 403


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("change_password", {"old_password": "only for the tests of auth", "new_password": "quite another password"}),
        ("change_me", {"name": "Program"}),
        ("end_all_sessions", {}),
        ("end_session", {"session_id": new_id()}),
        ("step_up", {"password": "only for the tests of auth"}),
    ],
)
def test_what_only_the_person_may_do_is_refused_to_a_program(house, operation, arguments):
    key = key_for(house, house.admin, role="administrator")
    request = Request(token=key["key"], if_match='"1"', remote_addr="192.0.2.9")
    assert house.call(operation, request=request, **arguments).status in (401, 403)
    assert house.call("get_me", house.admin).status == 200


def test_a_revoked_key_is_refused_at_once_and_for_good(house):
    key = key_for(house, house.admin)
    assert house.call("revoke_api_key", house.admin, api_key_id=key["id"]).status == 204
    assert use(house, key).status == 401
    assert house.done("look_up_api_key", hash=api_keys.hash_of(key["key"])) == {}
    assert house.call("revoke_api_key", house.admin, api_key_id=key["id"]).status == 404


def test_a_program_can_give_up_its_own_key_but_no_other(house):
    key, other = key_for(house, house.admin), key_for(house, house.admin)
    assert use(house, key, "revoke_api_key", api_key_id=other["id"]).status == 403
    assert use(house, key, "revoke_api_key", api_key_id=key["id"]).status == 204
    assert (use(house, key).status, use(house, other).status) == (401, 200)


def test_keys_are_revoked_with_the_account_and_do_not_come_back(house):
    lead = house.person_who_may("Lead", KEYS)
    (own_role,) = house.done("get_user", user_id=lead.id)["roles"]
    key = key_for(house, lead, role_id=own_role)
    version = house.done("get_user", user_id=lead.id)["version"]
    house.done("change_user", user_id=lead.id, active=False, if_match=f'"{version}"')
    assert use(house, key).status == 401
    house.done("change_user", user_id=lead.id, active=True, if_match=f'"{version + 1}"')
    assert use(house, key).status == 401


def test_a_key_is_over_at_its_time(house, monkeypatch):
    key = key_for(house, house.admin, expires_at=(now() + timedelta(days=2)).isoformat())
    assert use(house, key).status == 200
    at = now() + timedelta(days=2, seconds=1)
    monkeypatch.setattr(api_keys, "now", lambda: at)
    assert use(house, key).status == 401


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_key_ends_within_a_year(house, days):
    at = (now() + timedelta(days=days)).isoformat()
    answer = house.call("create_api_key", house.admin, name="Shop", role_id=role_id("integration"), expires_at=at)
    assert (answer.status, answer.body["type"]) == (422, "expiry-out-of-range")


def test_without_a_time_a_key_is_good_for_ninety_days(house):
    key = key_for(house, house.admin)
    assert key["expires_at"][:10] == (now() + timedelta(days=90)).date().isoformat()


@pytest.mark.parametrize("token", ["rp_", "rp_x", "rp_Ab3dE6gH_" + "x" * 43, "rp_Ab3dE6gH_" + "é" * 43, "RP_Ab3dE6gH_"])
def test_a_made_up_key_is_refused(house, token):
    key_for(house, house.admin)
    assert house.call("get_me", request=Request(token=token)).status == 401


def test_a_key_is_told_once_and_stored_nowhere(house):
    fields = {"name": "Web shop", "role_id": role_id("integration"), "idempotency_key": "k"}
    first = house.call("create_api_key", house.admin, **fields).json()
    again = house.call("create_api_key", house.admin, **fields)
    assert (again.replayed, again.body) == (True, {**first, "key": None})
    (listed,) = house.done("find_api_keys")["items"]
    assert listed == {name: value for name, value in first.items() if name != "key"}
    secret = first["key"].rpartition("_")[2]
    assert secret not in house.stored_text() + str(house.auth.events())
    assert secret not in house.auth.scalar("SELECT string_agg(api_keys::text, '') FROM api_keys")


def test_one_lists_and_revokes_ones_own_keys_and_those_within_reach(house):
    east = house.team("East")
    lead = house.person_who_may("Lead", {**KEYS, "api_keys:read": "team", "api_keys:revoke": "team"}, teams=(east,))
    rep = house.person_who_may("Rep", KEYS, teams=(east,))
    keys = {}
    for who in (lead, rep):
        (role,) = house.done("get_user", user_id=who.id)["roles"]
        keys[who.id] = key_for(house, who, role_id=role)
    of_admin = key_for(house, house.admin)

    assert [one["owner_id"] for one in house.done("find_api_keys", rep)["items"]] == [str(rep.id)]
    assert [one["owner_id"] for one in house.done("find_api_keys", lead)["items"]] == [str(rep.id), str(lead.id)]
    assert len(house.done("find_api_keys", lead, owner_id=rep.id)["items"]) == 1
    assert house.call("revoke_api_key", rep, api_key_id=keys[lead.id]["id"]).status == 404
    assert house.call("revoke_api_key", lead, api_key_id=of_admin["id"]).status == 404
    assert house.call("revoke_api_key", lead, api_key_id=keys[rep.id]["id"]).status == 204


def test_nobody_has_more_than_twenty_good_keys(house):
    for _ in range(commands.MOST):
        key = key_for(house, house.admin)
    answer = house.call("create_api_key", house.admin, name="Shop", role_id=role_id("integration"))
    assert (answer.status, answer.body["type"]) == (409, "too-many-api-keys")
    house.done("revoke_api_key", api_key_id=key["id"])
    key_for(house, house.admin)


def test_the_use_of_a_key_is_noted_to_the_hour(house, monkeypatch):
    key = key_for(house, house.admin)
    found = house.done("look_up_api_key", hash=api_keys.hash_of(key["key"]))
    assert (found["owner_id"], found["use_is_noted"]) == (str(house.admin.id), False)
    house.done("note_api_key_use", id=key["id"])
    assert house.done("look_up_api_key", hash=api_keys.hash_of(key["key"]))["use_is_noted"] is True
    first = house.done("find_api_keys")["items"][0]["last_used_at"]
    house.done("note_api_key_use", id=key["id"])
    assert house.done("find_api_keys")["items"][0]["last_used_at"] == first
    at = now() + timedelta(hours=1, minutes=1)
    monkeypatch.setattr(lookup, "now", lambda: at)
    house.done("note_api_key_use", id=key["id"])
    assert house.done("find_api_keys")["items"][0]["last_used_at"] > first


def test_a_role_of_a_key_stays(house):
    role = house.done("create_role", name="Shop", permissions={"customers:read": "all"})
    key_for(house, house.admin, role_id=role["id"])
    answer = house.call("delete_role", house.admin, role_id=role["id"], if_match='"1"')
    assert (answer.status, answer.body["type"]) == (409, "role-in-use")


def test_work_that_a_program_has_started_has_the_rights_of_the_key(house):
    key = key_for(house, house.admin)
    session_id = house.auth.directory.authenticate(key["key"]).session_id
    caller = house.auth.directory.caller(house.admin.id, session_id)
    assert str(session_id) == key["id"]
    assert caller.by_key
    assert "*" not in caller.permissions
    house.done("revoke_api_key", api_key_id=key["id"])
    assert house.auth.directory.has_ended(session_id)


def test_every_service_checks_keys_by_itself(house, tested):
    key = key_for(house, house.admin, role="analyst")
    customers = tested(CustomersService)
    asked = Request(token=key["key"])
    assert customers.call("find_customers", request=asked).status == 401, "not known yet"
    for event in house.auth.events():
        if event["type"] in ("UserChanged", "RoleChanged", "ApiKeyChanged"):
            deliver(customers, event)
    assert customers.call("find_customers", request=asked).status == 200
    assert customers.call("create_customer", request=asked, name="Example Ltd").status == 403
    house.done("revoke_api_key", api_key_id=key["id"])
    deliver(customers, house.told("ApiKeyChanged")[-1])
    assert customers.call("find_customers", request=asked).status == 401


def deliver(service, told):
    """Hand on an event as the broker would."""
    event_class = service.service.handlers()["keep_directory"].event_class(told["type"])
    service.deliver(event_class.from_envelope(told))

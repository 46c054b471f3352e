"""Roles of the house can be made, changed and removed; the built-in ones stay."""

import pytest

from services.auth.roles import BUILT_IN_ROLES, role_id
from tests.services.auth.factories import etag

PERMISSIONS = {"customers:read": "team", "customers:change": "own"}


def test_a_role_is_made_changed_and_told(house):
    role = house.done("create_role", name="Key accounts", permissions=PERMISSIONS)
    assert (role["permissions"], role["built_in"], role["version"]) == (PERMISSIONS, False, 1)
    changed = house.done("change_role", role_id=role["id"], permissions={"customers:read": "all"}, if_match=etag(role))
    assert (changed["name"], changed["version"]) == ("Key accounts", 2)
    assert house.call("change_role", house.admin, role_id=role["id"], name="Late", if_match=etag(role)).status == 412
    assert [event["payload"]["permissions"] for event in house.told("RoleChanged", role["id"])] == [
        PERMISSIONS,
        {"customers:read": "all"},
    ]


@pytest.mark.parametrize(
    "permissions",
    [{"customers": "all"}, {"customers:read": "everywhere"}, {"Customers:Read": "all"}, {"": "all"}, {"a:b:c": "all"}],
)
def test_nonsense_permissions_are_refused(house, permissions):
    answer = house.call("create_role", house.admin, name="Nonsense", permissions=permissions)
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"].startswith("/permissions")


def test_permissions_of_services_that_come_later_can_be_given(house):
    assert house.call("create_role", house.admin, name="Later", permissions={"quotes:approve": "team"}).status == 201


def test_names_of_roles_are_unique(house):
    house.done("create_role", name="Key accounts", permissions={})
    answer = house.call("create_role", house.admin, name=" Key accounts ", permissions={})
    assert (answer.status, answer.body["type"]) == (409, "role-name-taken")
    copy = house.call("copy_role", house.admin, role_id=role_id("analyst"), name="analyst")
    assert copy.body["type"] == "role-name-taken"


@pytest.mark.parametrize("name", BUILT_IN_ROLES)
def test_built_in_roles_are_neither_changed_nor_deleted(house, name):
    changed = house.call("change_role", house.admin, role_id=role_id(name), permissions={}, if_match='"1"')
    deleted = house.call("delete_role", house.admin, role_id=role_id(name), if_match='"1"')
    assert {(answer.status, answer.body["type"]) for answer in (changed, deleted)} == {(409, "built-in-role")}


def test_a_copy_of_a_built_in_role_can_be_changed(house):
    copy = house.call("copy_role", house.admin, role_id=role_id("sales_rep"), name="Junior rep")
    assert (copy.status, copy.body["permissions"], copy.body["built_in"]) == (201, BUILT_IN_ROLES["sales_rep"], False)
    role = copy.json()
    assert house.call("change_role", house.admin, role_id=role["id"], name="Junior", if_match=etag(role)).status == 200


def test_a_role_in_use_is_not_deleted_and_an_unused_one_is(house):
    role = house.done("create_role", name="Key accounts", permissions=PERMISSIONS)
    rep = house.user("Rep")
    house.done("change_user", user_id=rep["id"], roles=[role["id"]], if_match='"1"')
    answer = house.call("delete_role", house.admin, role_id=role["id"], if_match='"1"')
    assert (answer.status, answer.body["type"]) == (409, "role-in-use")
    house.done("change_user", user_id=rep["id"], roles=[], if_match='"2"')
    assert house.call("delete_role", house.admin, role_id=role["id"], if_match='"1"').status == 204
    assert house.call("get_role", house.admin, role_id=role["id"]).status == 404
    assert house.told("RoleChanged", role["id"])[-1]["payload"]["removed"] is True


def test_roles_are_read_by_those_who_may(house):
    rep = house.person("Rep", roles=("sales_rep",))
    assert house.call("find_roles", rep).status == 403
    lead = house.person("Lead", roles=("sales_manager",))
    assert len(house.done("find_roles", lead)["items"]) == len(BUILT_IN_ROLES)

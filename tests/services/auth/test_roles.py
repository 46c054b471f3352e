"""Roles of the house can be made, changed and removed; the built-in ones stay."""

import pytest

from services.auth.built_in_roles import BUILT_IN_ROLES, BUILT_IN_RULES
from services.auth.roles import role_id
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


@pytest.mark.parametrize("name", ["administrator", "sales_rep"])
def test_built_in_roles_are_neither_renamed_nor_deleted(house, name):
    renamed = house.call("change_role", house.admin, role_id=role_id(name), name="Another", if_match='"1"')
    deleted = house.call("delete_role", house.admin, role_id=role_id(name), if_match='"1"')
    assert {(answer.status, answer.body["type"]) for answer in (renamed, deleted)} == {(409, "built-in-role")}


def test_the_role_of_administrators_stays_as_it_is(house):
    admins = role_id("administrator")
    changed = house.call("change_role", house.admin, role_id=admins, permissions={}, if_match='"1"')
    assert (changed.status, changed.body["type"]) == (409, "built-in-role")


def test_another_built_in_role_is_changed_stays_so_with_the_next_version_and_is_reset(house):
    rep = role_id("sales_rep")
    changed = house.done("change_role", role_id=rep, permissions={"customers:read": "own"}, if_match='"1"')
    assert (changed["permissions"], changed["customised"]) == ({"customers:read": "own"}, True)
    house.seed()
    assert house.done("get_role", role_id=rep) == changed
    reset = house.done("reset_role", role_id=rep, if_match='"2"')
    assert (reset["permissions"], reset["customised"]) == (BUILT_IN_ROLES["sales_rep"], False)
    assert reset["field_rules"] == BUILT_IN_RULES["sales_rep"]
    assert house.told("RoleChanged", str(rep))[-1]["payload"]["field_rules"] == BUILT_IN_RULES["sales_rep"]


def test_a_role_of_the_house_has_nothing_to_be_reset_to(house):
    role = house.done("create_role", name="Key accounts", permissions={})
    assert house.call("reset_role", house.admin, role_id=role["id"], if_match='"1"').body["type"] == "not-built-in"


RULES = {"customers": {"phone": {"own": "full", "others": "masked"}, "revenue": "hidden"}}


def test_a_role_says_what_may_be_done_with_fields(house):
    role = house.done("create_role", name="Key accounts", permissions=PERMISSIONS, field_rules=RULES)
    assert role["field_rules"] == RULES
    assert house.told("RoleChanged", role["id"])[0]["payload"]["field_rules"] == RULES
    copy = house.done("copy_role", role_id=role["id"], name="Copy")
    assert copy["field_rules"] == RULES


NONSENSE = [
    ({"cats": {"name": "hidden"}}, "/field_rules/cats"),
    ({"customers": {"fur": "hidden"}}, "/field_rules/customers/fur"),
    ({"customers": {"id": "hidden"}}, "/field_rules/customers/id"),
    ({"customers": {"name": "hidden"}}, "/field_rules/customers/name"),
    ({"customers": {"revenue": "masked"}}, "/field_rules/customers/revenue"),
    ({"customers": {"phone": "secret"}}, "/field_rules/customers/phone"),
    ({"customers": {"phone": {"own": "full"}}}, "/field_rules/customers/phone"),
    ({"customers": {"phone": {"own": "full", "others": None}}}, "/field_rules/customers/phone"),
    ({"customers": {"phone": ["full"]}}, "/field_rules/customers/phone"),
    ({"customers": "hidden"}, "/field_rules/customers"),
    ("hidden", "/field_rules"),
]


def test_nonsense_field_rules_are_refused(house):
    for rules, pointer in NONSENSE:
        answer = house.call("create_role", house.admin, name="Nonsense", permissions={}, field_rules=rules)
        assert (answer.status, [error["pointer"] for error in answer.body["errors"]]) == (422, [pointer])


def test_nobody_gives_access_to_fields_that_he_lacks_himself(house):
    rights = {"roles:create": "all", "roles:read": "all", "customers:read": "all"}
    masked = {"customers": {"phone": "masked"}}
    role = house.done("create_role", name="Maker", permissions=rights, field_rules=masked)
    maker = house.user("Maker")
    house.done("change_user", user_id=maker["id"], roles=[role["id"]], if_match='"1"')
    who = house.log_in(maker["email"])
    reads = {"customers:read": "own"}
    assert house.call("create_role", who, name="Open", permissions=reads).body["type"] == "beyond-own-rights"
    wider = {"customers": {"phone": {"own": "read_only", "others": "masked"}}}
    assert house.call("create_role", who, name="Wider", permissions=reads, field_rules=wider).status == 403
    assert house.call("create_role", who, name="Same", permissions=reads, field_rules=masked).status == 201
    assert house.call("create_role", who, name="Elsewhere", permissions={"roles:read": "all"}).status == 201


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

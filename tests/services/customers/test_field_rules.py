"""What roles say about fields holds on every surface of customers: what is hidden is not there, the rest is masked."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from chassis.testing.tested import Person, TestedService
from services.customers.service import CustomersService
from tests.services.customers.factories import (
    ADMIN,
    LEAD,
    created,
    enforcing,
    etag,
    imported,
    pooled,
    result_rows,
    seen,
)

PHONE, EMAIL = "+8613800000005", "zhang.wei@example.com"
CONTACT = {"name": "Zhang Wei", "phone": PHONE, "email": EMAIL, "title": "Purchasing"}
RULES = {
    "customers": {
        "phone": {"own": "full", "others": "masked"},
        "email": {"own": "full", "others": "masked"},
        "revenue": "hidden",
        "sector": "read_only",
        "description": {"own": "full", "others": "hidden"},
    }
}
FIELDS = {"phone": PHONE, "email": EMAIL, "revenue": "12.5", "sector": "software", "description": "Makes pumps."}


@dataclass(frozen=True)
class Scene:
    """A rep under rules, with a customer of his own and one of a colleague's."""

    service: TestedService
    admin: Person
    rep: Person
    mine: dict[str, Any]
    others: dict[str, Any]


@pytest.fixture
def scene(tested):
    customers = tested(CustomersService)
    enforcing(customers)
    east = customers.team("East")
    admin = customers.person("Admin", ADMIN, teams=[east])
    rep = customers.person("Rep", LEAD, teams=[east], field_rules=RULES)
    others = created(customers, admin, name="Others", **FIELDS)
    mine = created(customers, admin, name="Mine", **FIELDS)
    for one in (others, mine):
        customers.call("add_contact", admin, customer_id=one["id"], **CONTACT)
    customers.call("assign_customer", admin, customer_id=mine["id"], owner_id=rep.id)
    return Scene(customers, admin, rep, seen(customers, admin, mine["id"]), seen(customers, admin, others["id"]))


def shown(record):
    return {name: record.get(name, "nothing") for name in FIELDS}


OF_OTHERS = {
    "phone": "+86138****0005",
    "email": "z***@example.com",
    "revenue": "nothing",
    "sector": "software",
    "description": "nothing",
}
OF_MINE = FIELDS | {"revenue": "nothing"}


def test_a_record_shows_what_the_rules_leave_of_it(scene):
    others = seen(scene.service, scene.rep, scene.others["id"])
    assert shown(others) == OF_OTHERS
    assert shown(seen(scene.service, scene.rep, scene.mine["id"])) == OF_MINE
    assert {name: others["contacts"][0][name] for name in ("phone", "email", "name")} == {
        "phone": "+86138****0005",
        "email": "z***@example.com",
        "name": "Zhang Wei",
    }


def test_a_list_does_so_row_by_row(scene):
    items = scene.service.call("find_customers", scene.rep, sort="name").body["items"]
    assert [(one["phone"], one["email"], one.get("revenue")) for one in items] == [
        (PHONE, EMAIL, None),
        ("+86138****0005", "z***@example.com", None),
    ]
    assert all("revenue" not in one for one in items)


def test_a_contact_shows_no_more_than_its_customer(scene):
    contacts = [one["contacts"][0]["id"] for one in (scene.mine, scene.others)]
    answers = [scene.service.call("get_contact", scene.rep, contact_id=one).body for one in contacts]
    assert [one["phone"] for one in answers] == [PHONE, "+86138****0005"]
    assert all("owner_id" not in one for one in answers)
    assert "owner_id" not in scene.service.call("get_contact", scene.admin, contact_id=contacts[0]).body


def test_what_lies_in_the_pool_is_masked_until_it_is_mine(scene):
    lying = pooled(scene.service, scene.admin, name="Lying there", **FIELDS)
    (found,) = scene.service.call("find_pool_customers", scene.rep).body["items"]
    assert found["phone"] == "+86138****0005"
    claimed = scene.service.call("claim_customer", scene.rep, customer_id=lying["id"]).body
    assert claimed["phone"] == PHONE
    released = scene.service.call("release_customer", scene.rep, customer_id=lying["id"]).body
    assert released["phone"] == "+86138****0005"


def test_answers_of_commands_and_their_replays_are_no_leak(scene):
    for _ in range(2):
        answer = scene.service.call(
            "change_customer",
            scene.rep,
            customer_id=scene.others["id"],
            city="Bonn",
            if_match=etag(scene.others),
            idempotency_key="once",
        )
        assert (answer.status, shown(answer.body)) == (200, OF_OTHERS)


@pytest.mark.parametrize("name", ["phone", "email", "revenue", "description", "no_such_field"])
def test_filters_on_what_cannot_be_read_everywhere_are_as_on_unknown_fields(scene, name):
    tree = {"not": {"field": name, "op": "eq", "value": "1"}}
    answer = scene.service.call("find_customers", scene.rep, filter=orjson.dumps(tree).decode())
    (error,) = answer.body["errors"]
    assert (answer.status, error["pointer"]) == (422, "/filter/not/field")
    listed = error["detail"].removeprefix("Can filter on ").removesuffix(".").split(", ")
    assert set(listed).isdisjoint(RULES["customers"].keys() - {"sector"})
    assert "sector" in listed


def change(scene, record, **fields):
    return scene.service.call("change_customer", scene.rep, customer_id=record["id"], if_match=etag(record), **fields)


def test_a_hidden_field_is_as_unknown_as_any_other_to_whoever_writes_it(scene):
    before = seen(scene.service, scene.admin, scene.mine["id"])
    hidden = change(scene, scene.mine, city="Bonn", revenue="nonsense")
    unknown = change(scene, scene.mine, city="Bonn", fur="nonsense")
    assert (hidden.status, unknown.status) == (422, 422)
    assert orjson.dumps(hidden.body).replace(b"revenue", b"fur") == orjson.dumps(unknown.body)
    assert change(scene, scene.others, description="x").body == {
        **hidden.body,
        "errors": [{"pointer": "/description", "detail": "Unknown field."}],
    }
    assert seen(scene.service, scene.admin, scene.mine["id"]) == before


def test_what_may_only_be_read_is_not_written_even_with_the_value_that_it_has(scene):
    refusals = [
        change(scene, scene.mine, sector="software"),
        change(scene, scene.others, sector="finance"),
        change(scene, scene.others, phone=PHONE),
        change(scene, scene.others, phone="1"),
    ]
    assert {(one.status, one.body["type"]) for one in refusals} == {(403, "field-read-only")}
    assert [one.body["errors"][0]["pointer"] for one in refusals] == ["/sector", "/sector", "/phone", "/phone"]
    for record in (scene.mine, scene.others):
        assert seen(scene.service, scene.admin, record["id"]) == record
    assert change(scene, scene.mine, phone="+8613800000006").body["phone"] == "+8613800000006"


def test_a_new_customer_is_entered_with_what_may_be_written_in_ones_own(scene):
    fields = {"name": "New", "phone": PHONE, "description": "Pumps"}
    entered = scene.service.call("create_customer", scene.rep, **fields)
    assert (entered.status, entered.body["phone"]) == (201, PHONE)
    assert scene.service.call("create_customer", scene.rep, name="New", sector="software").status == 403
    assert scene.service.call("create_customer", scene.rep, name="New", revenue="1").status == 422


def test_a_contact_is_written_by_the_rules_of_its_customer(scene):
    contacts = [one["contacts"][0] for one in (scene.mine, scene.others)]
    answers = [
        scene.service.call("change_contact", scene.rep, contact_id=one["id"], if_match=etag(one), phone="110")
        for one in contacts
    ]
    assert [answer.status for answer in answers] == [200, 403]


def test_the_form_of_a_number_does_not_tell_a_hidden_country(tested):
    customers = tested(CustomersService)
    admin = customers.person("Admin", ADMIN)
    rep = customers.person("Rep", {"*": "team"}, field_rules={"customers": {"country": "hidden"}})
    record = created(customers, rep, name="Somewhere")
    record = customers.call(
        "change_customer", admin, customer_id=record["id"], country="Germany", if_match=etag(record)
    ).body
    answer = customers.call("change_customer", rep, customer_id=record["id"], phone="040 123456", if_match=etag(record))
    assert (answer.status, answer.body["phone"]) == (200, "040 123456")


def test_an_import_is_a_way_of_writing(scene):
    def order(**mapping):
        return scene.service.call("import_customers", scene.rep, file="uploads/x/y", mapping=mapping)

    refused = order(name="name", sector="sector")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (403, "/mapping/sector")
    hidden, unknown = order(name="name", revenue="revenue"), order(name="name", fur="revenue")
    assert orjson.dumps(hidden.body).replace(b"/revenue/", b"/fur/") == orjson.dumps(unknown.body)
    assert "revenue" not in unknown.body["errors"][0]["detail"]


def test_an_import_knows_no_hidden_column_and_fails_on_one_that_may_only_be_read(scene):
    done = imported(scene.service, scene.rep, "name,revenue\nNewcomer,7\n")
    assert done["result"]["created"] == 1
    found = scene.service.call("find_customers", scene.admin, q="newcomer").body["items"]
    assert [one["revenue"] for one in found] == [None]
    failed = imported(scene.service, scene.rep, "name,sector\nNobody,software\n")
    assert failed["state"] == "failed"
    assert scene.service.call("find_customers", scene.admin, q="nobody").body["items"] == []


def test_an_import_changes_no_field_of_others_that_may_only_be_read(scene):
    rows = [{"name": "Others", "phone": PHONE}, {"name": "Mine", "phone": "+8613800000009"}]
    done = imported(scene.service, scene.rep, rows, on_match="update")
    outcomes = [(row["status"], row["code"]) for row in result_rows(scene.service, scene.rep, done)]
    assert outcomes == [("failed", "may-not-write"), ("updated", "")]
    assert seen(scene.service, scene.admin, scene.others["id"]) == scene.others


def test_an_administrator_sees_everything(scene):
    assert shown(scene.others) == FIELDS

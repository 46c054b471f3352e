"""What is told of a change: in the event to other services, and live to whoever may see the customer."""

import pytest

from tests.services.customers.factories import ADMIN, LEAD, created, etag, pooled, seen


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", LEAD, [customers.team("East")])


def changed(customers, who, record, **fields):
    present = etag(seen(customers, who, record["id"]))
    answer = customers.call("change_customer", who, customer_id=record["id"], if_match=present, **fields)
    assert answer.status == 200, answer.body
    return told(customers)


def told(customers):
    payload = customers.events()[-1]["payload"]
    return payload["changed"], payload["before"]


def heard(customers, who, record, *names):
    answer = customers.call("visible_changes", who, resource="customer", changed={record["id"]: list(names)})
    assert answer.status < 300, answer.body
    return answer.body.get(record["id"])


def test_the_event_says_what_changed_and_what_it_was_but_for_personal_data(customers, rep):
    record = created(customers, rep, sector="retail", phone="+49 40 123456", city="Bonn", revenue="2.5")
    assert told(customers) == (None, None)
    fields = {"sector": "media", "phone": "+49 40 999999", "city": "Köln", "revenue": "3", "name": "X"}
    difference = changed(customers, rep, record, **fields)
    assert difference == (["city", "name", "phone", "revenue", "sector"], {"revenue": "2.5", "sector": "retail"})
    assert changed(customers, rep, record, tags=["a"], contract_ends_at="2027-01-01T00:00:00Z") == (
        *(["contract_ends_at", "tags"], {"contract_ends_at": None}),
    )


def test_custom_fields_contacts_and_owners_are_named_too(customers, admin, rep):
    for key in ("colour", "secret"):
        customers.call("add_custom_field", admin, key=key, label=key, kind="text", private=key == "secret")
    record = created(customers, rep, custom={"colour": "blue"})
    assert changed(customers, rep, record, custom={"colour": "red", "secret": "x"}, kind="person") == (
        *(["custom.colour", "custom.secret", "kind"], {"kind": "organisation"}),
    )
    customers.call("add_contact", rep, customer_id=record["id"], name="Purchasing")
    assert told(customers) == (["contacts"], {})
    customers.call("release_customer", rep, customer_id=record["id"])
    names, before = told(customers)
    assert names == ["in_pool", "owner_id", "team_id"]
    assert (before["owner_id"], before["in_pool"]) == (str(rep.id), False)


def test_a_bulk_change_tells_of_each_customer_its_own_difference(customers, admin):
    ids = [created(customers, admin, name=f"C{n}", city=city)["id"] for n, city in enumerate(("Bonn", "Köln"))]
    order = {"ids": ids, "set": {"city": "Köln"}, "add_tags": ["x"]}
    assert customers.call("bulk_change", customers.stepped_up(admin), **order).status == 202
    customers.run_jobs()
    events = {
        one["aggregate_id"]: one["payload"]["changed"] for one in customers.events() if one["type"] == "CustomerChanged"
    }
    assert events == {ids[0]: ["city", "tags"], ids[1]: ["tags"]}


def test_a_listener_hears_the_names_that_he_may_see_and_values_without_personal_data(customers, admin, rep):
    team = list(rep.caller.teams)
    rules = {"customers": {"revenue": "hidden", "employees": {"own": "full", "others": "hidden"}, "phone": "masked"}}
    narrow = customers.person("Narrow", LEAD, team, field_rules=rules)
    record = created(customers, rep, phone="+49 40 123456", revenue="2.5", employees=7, grade="A", description="Hush")
    names = ("phone", "revenue", "employees", "grade", "description", "contacts", "marks", "unknown", "custom.none")
    assert heard(customers, rep, record, *names) == {
        "changed": ["phone", "revenue", "employees", "grade", "description", "contacts"],
        "values": {"revenue": "2.5", "employees": 7, "grade": "A"},
    }
    assert heard(customers, narrow, record, *names) == {
        "changed": ["phone", "grade", "description", "contacts"],
        "values": {"grade": "A"},
    }
    stranger = customers.person("Stranger", LEAD, [customers.team("West")])
    assert heard(customers, stranger, record, *names) is None
    assert heard(customers, rep, record) == {"changed": [], "values": {}}


def test_custom_fields_are_named_to_those_who_may_see_them(customers, admin, rep):
    customers.call("add_custom_field", admin, key="colour", label="Colour", kind="text")
    record = created(customers, rep, custom={"colour": "blue"})
    hidden = {"customers": {"custom.colour": "hidden"}}
    narrow = customers.person("Narrow", LEAD, list(rep.caller.teams), field_rules=hidden)
    assert heard(customers, rep, record, "custom.colour") == {"changed": ["custom.colour"], "values": {}}
    assert heard(customers, narrow, record, "custom.colour") == {"changed": [], "values": {}}


def test_what_a_pool_hides_is_not_told_of(customers, admin, rep):
    record = pooled(customers, admin, grade="A", sector="media")
    (pool,) = customers.call("find_pools", admin).body["items"]
    customers.call("change_pool", admin, pool_id=pool["id"], hidden_fields=["grade"], if_match=etag(pool))
    assert heard(customers, rep, record, "grade", "sector") == {"changed": ["sector"], "values": {"sector": "media"}}
    assert heard(customers, admin, record, "grade")["values"] == {"grade": "A"}


def test_records_of_a_kind_without_such_a_rule_are_only_told_of(customers, rep):
    record = created(customers, rep)
    answer = customers.call("visible_changes", rep, resource="pool_clock", changed={record["id"]: ["x"]})
    assert answer.body == {record["id"]: {}}

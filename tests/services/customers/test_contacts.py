"""Contacts: their changes are changes of the customer."""

from uuid import uuid4

import pytest

from chassis.testing.tested import together
from services.customers.models import MAX_CONTACTS
from tests.services.customers.factories import REP, created, etag, seen


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def customer(customers, rep):
    return created(customers, rep, country="Germany")


def add(customers, who, customer, **fields):
    answer = customers.call("add_contact", who, customer_id=customer["id"], **({"name": "Purchasing"} | fields))
    assert answer.status == 201, answer.body
    return answer.body


def test_a_contact_is_added_and_raises_the_version_of_the_customer(customers, rep, customer):
    contact = add(customers, rep, customer, email="Purchasing@Example.com", phone="040 123456", title="Head")
    assert contact["phone"] == "+4940123456"
    assert (contact["email"], contact["version"]) == ("purchasing@example.com", 1)
    view = seen(customers, rep, customer["id"])
    assert (view["version"], view["contacts"]) == (2, [contact])
    assert customers.call("get_contact", rep, contact_id=contact["id"]).body == contact
    assert [(event["type"], event["version"]) for event in customers.events()] == [
        ("CustomerCreated", 1),
        ("CustomerChanged", 2),
    ]


def test_what_is_no_telephone_number_stays_as_it_is(customers, rep, customer):
    assert add(customers, rep, customer, phone="ask the porter")["phone"] == "ask the porter"
    assert add(customers, rep, customer, phone="+1 202 555 0100")["phone"] == "+12025550100"


def test_at_most_one_contact_is_the_primary_one_and_it_comes_first(customers, rep, customer):
    first = add(customers, rep, customer, name="First", is_primary=True)
    second = add(customers, rep, customer, name="Second", is_primary=True)
    assert [one["name"] for one in seen(customers, rep, customer["id"])["contacts"]] == ["Second", "First"]
    former = customers.call("get_contact", rep, contact_id=first["id"]).body
    assert (former["is_primary"], former["version"]) == (False, 2)
    again = customers.call("change_contact", rep, contact_id=first["id"], if_match=etag(former), is_primary=True)
    assert again.status == 200
    primary = [one["name"] for one in seen(customers, rep, customer["id"])["contacts"] if one["is_primary"]]
    assert primary == ["First"]
    assert second["is_primary"]


def test_of_parallel_new_primary_contacts_one_is_left(customers, rep, customer):
    together(8, lambda number: add(customers, rep, customer, name=f"Contact {number}", is_primary=True))
    contacts = seen(customers, rep, customer["id"])["contacts"]
    assert (len(contacts), sum(one["is_primary"] for one in contacts)) == (8, 1)
    assert seen(customers, rep, customer["id"])["version"] == 9


def test_a_change_of_a_contact_needs_its_version_and_touches_the_customer(customers, rep, customer):
    contact = add(customers, rep, customer)
    assert customers.call("change_contact", rep, contact_id=contact["id"], name="Sales").status == 428
    assert customers.call("change_contact", rep, contact_id=contact["id"], if_match='"4"', name="S").status == 412
    changed = customers.call(
        "change_contact", rep, contact_id=contact["id"], if_match=etag(contact), name="Sales", title=None
    )
    assert (changed.status, changed.body["name"], changed.etag) == (200, "Sales", '"2"')
    assert seen(customers, rep, customer["id"])["version"] == 3


def test_a_removed_contact_is_gone_for_everybody(customers, rep, customer):
    contact = add(customers, rep, customer, email="a@example.com")
    assert customers.call("remove_contact", rep, contact_id=contact["id"]).status == 204
    assert customers.call("remove_contact", rep, contact_id=contact["id"]).status == 404
    view = seen(customers, rep, customer["id"])
    assert (view["contacts"], view["version"]) == ([], 3)
    assert customers.events()[-1]["payload"]["addressees"] == []


def test_addressees_are_each_address_once_in_lower_case(customers, rep):
    customer = created(customers, rep, name="Example", email="Info@Example.com")
    twin = add(customers, rep, customer, name="Twin", email="INFO@example.com")
    other = add(customers, rep, customer, name="Other", email="Other@Example.com")
    add(customers, rep, customer, name="Silent")
    assert twin["email"] == "info@example.com"
    assert customers.events()[-1]["payload"]["addressees"] == [
        {"contact_id": None, "name": "Example", "email": "info@example.com"},
        {"contact_id": other["id"], "name": "Other", "email": "other@example.com"},
    ]


def test_a_customer_has_room_for_so_many_contacts_that_its_events_stay_small(customers, rep):
    customer = created(customers, rep, name="客" * 200, tags=[f"{number:02}" + "签" * 48 for number in range(30)])
    for number in range(MAX_CONTACTS):
        add(customers, rep, customer, name="名" * 100, email=f"{number:0>60}@{'d' * 60}.{'e' * 60}.{'f' * 60}.example")
    answer = customers.call("add_contact", rep, customer_id=customer["id"], name="One more")
    assert (answer.status, answer.body["type"]) == (409, "too-many-contacts")


def test_contacts_of_customers_out_of_reach_do_not_exist(customers, rep, customer):
    contact = add(customers, rep, customer)
    stranger = customers.person("Stranger", REP)
    reader = customers.person("Reader", {"customers:read": "all", "customers:change": "own"})
    assert customers.call("get_contact", stranger, contact_id=contact["id"]).status == 404
    for who in (stranger, reader):
        assert customers.call("add_contact", who, customer_id=customer["id"], name="X").status == 404
        assert customers.call("remove_contact", who, contact_id=contact["id"]).status == 404
        change = customers.call("change_contact", who, contact_id=contact["id"], if_match='"1"', name="X")
        assert change.status == 404
    assert customers.call("get_contact", reader, contact_id=contact["id"]).body == contact
    assert customers.call("get_contact", rep, contact_id=uuid4()).status == 404


def test_an_id_that_is_in_use_is_refused(customers, rep, customer):
    contact = add(customers, rep, customer)
    other = created(customers, rep)
    for place in (customer, other):
        refused = customers.call("add_contact", rep, customer_id=place["id"], id=contact["id"], name="Again")
        assert (refused.status, refused.body["type"]) == (409, "id-taken")
    assert [one["id"] for one in seen(customers, rep, customer["id"])["contacts"]] == [contact["id"]]


def test_clients_may_bring_the_id_of_a_contact_but_only_once(customers, rep, customer):
    mine = str(uuid4())
    assert add(customers, rep, customer, id=mine)["id"] == mine
    for place in (customer, created(customers, rep, name="Other")):
        answer = customers.call("add_contact", rep, customer_id=place["id"], id=mine, name="Again")
        assert (answer.status, answer.body["type"]) == (409, "id-taken")

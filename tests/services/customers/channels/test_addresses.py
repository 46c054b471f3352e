"""Several postal addresses of a customer and its contacts, of which the fields hold the primary one."""

import pytest

from services.customers.addresses.commands import MOST
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, LEAD, REP, created, enforcing, etag, seen

HARBOUR, QUAY = "1 Harbour Street", "2 Quay Road"


@pytest.fixture
def customers(tested):
    return tested(CustomersService)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def customer(customers, rep):
    return created(customers, rep, address=HARBOUR, city="Hamburg", country="Germany")


def listed(customers, who, customer):
    answer = customers.call("customer_addresses", who, customer_id=customer["id"])
    assert answer.status == 200, answer.body
    return answer.body["items"]


def add(customers, who, customer, *lines, **said):
    return customers.call("add_address", who, customer_id=customer["id"], lines=lines or [QUAY], **said)


def change(customers, who, customer, address, **now):
    guard = etag(seen(customers, who, customer["id"]))
    ids = {"customer_id": customer["id"], "address_id": address["id"]}
    return customers.call("change_address", who, **ids, if_match=guard, **now)


def places(customers, who, customer):
    return [(one["kind"], one["lines"], one["city"], one["primary"]) for one in listed(customers, who, customer)]


def test_the_fields_are_the_primary_address(customers, rep, customer):
    (one,) = listed(customers, rep, customer)
    expected = {"lines": [HARBOUR], "city": "Hamburg", "country": "Germany", "primary": True, "contact_id": None}
    assert expected.items() <= one.items()
    assert listed(customers, rep, created(customers, rep, city="Hamburg")) == []


def test_others_stand_beside_it_with_kind_parts_and_days(customers, rep, customer):
    parts = {"city": "Bremen", "province": "Bremen", "postcode": "28195", "country": "DE", "since": "2024-03-01"}
    answer = add(customers, rep, customer, "Gate 3", QUAY, kind="shipping", **parts)
    assert answer.status == 201
    one = answer.body["items"][1]
    assert {"lines": ["Gate 3", QUAY], "kind": "shipping", **parts, "country": "Germany"}.items() <= one.items()
    assert (one["primary"], one["until"]) == (False, None)
    assert seen(customers, rep, customer["id"])["address"] == HARBOUR
    assert customers.events()[-1]["type"] == "CustomerChanged"
    assert add(customers, rep, customer, "Gate 3", QUAY.upper(), kind="shipping", city="Bremen").status == 409


def test_another_one_becomes_the_primary_one_and_the_fields_follow(customers, rep, customer):
    one = add(customers, rep, customer, "Gate 3", QUAY, kind="visiting", city="Bremen").body["items"][1]
    answer = change(customers, rep, customer, one, primary=True)
    assert answer.status == 200
    now = seen(customers, rep, customer["id"])
    assert (now["address"], now["city"], now["country"]) == (f"Gate 3, {QUAY}", "Bremen", "Germany")
    assert places(customers, rep, customer) == [
        ("visiting", ["Gate 3", QUAY], "Bremen", True),
        ("other", [HARBOUR], "Hamburg", False),
    ]
    assert answer.body["version"] == now["version"]


def test_who_changes_the_field_changes_the_primary_address(customers, rep, customer):
    one = listed(customers, rep, customer)[0]
    change(customers, rep, customer, one, kind="registered", postcode="20457")
    now = seen(customers, rep, customer["id"])
    assert now["address"] == HARBOUR
    customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(now), address="9 New Street")
    assert places(customers, rep, customer) == [
        ("other", ["9 New Street"], "Hamburg", True),
        ("registered", [HARBOUR], "Hamburg", False),
    ]
    (first, second) = listed(customers, rep, customer)
    assert first["id"] != second["id"]
    assert change(customers, rep, customer, first, lines=["10 New Street"]).status == 200
    assert seen(customers, rep, customer["id"])["address"] == "10 New Street"


def test_one_that_is_past_has_a_last_day_and_is_not_primary(customers, rep, customer):
    first = listed(customers, rep, customer)[0]
    assert change(customers, rep, customer, first, until="2026-01-31").body["errors"][0]["pointer"] == "/until"
    one = add(customers, rep, customer, since="2024-03-01").body["items"][1]
    assert change(customers, rep, customer, one, until="2024-02-01").body["errors"][0]["pointer"] == "/until"
    assert change(customers, rep, customer, one, until="2026-01-31").body["items"][1]["until"] == "2026-01-31"


def test_contacts_have_addresses_of_their_own(customers, rep, customer):
    contact = customers.call("add_contact", rep, customer_id=customer["id"], name="Li").body
    items = add(customers, rep, customer, contact_id=contact["id"]).body["items"]
    assert [(one["contact_id"], one["primary"]) for one in items] == [(None, True), (contact["id"], True)]
    second = add(customers, rep, customer, "3 Hill Road", contact_id=contact["id"]).body["items"][2]
    change(customers, rep, customer, second, primary=True)
    assert [one["lines"] for one in listed(customers, rep, customer) if one["primary"]] == [[HARBOUR], ["3 Hill Road"]]
    after = seen(customers, rep, customer["id"])
    assert (after["address"], after["contacts"][0]["version"]) == (HARBOUR, 4)


def test_a_removed_one_is_gone_and_the_field_is_empty(customers, rep, customer):
    one = listed(customers, rep, customer)[0]
    ids = {"customer_id": customer["id"], "address_id": one["id"]}
    assert customers.call("remove_address", rep, **ids, if_match='"7"').status == 412
    assert customers.call("remove_address", rep, **ids, if_match=etag(customer)).body["items"] == []
    now = seen(customers, rep, customer["id"])
    assert (now["address"], now["city"]) == (None, "Hamburg")
    assert customers.call("remove_address", rep, **ids, if_match=etag(now)).status == 404


def test_there_is_room_for_so_many(customers, rep, customer):
    for number in range(MOST - 1):
        assert add(customers, rep, customer, f"{number} Hill Road").status == 201
    assert add(customers, rep, customer).body["type"] == "too-many-addresses"


def test_rules_and_masks_hold_for_every_address(customers):
    enforcing(customers)
    east = customers.team("East")
    admin = customers.person("Admin", ADMIN, teams=[east])
    customer = created(customers, admin, address=HARBOUR, city="Hamburg")
    one = add(customers, admin, customer, city="Bremen", postcode="28195", country="Germany").body["items"][1]
    masked = {"customers": {"address": "masked", "city": "hidden"}}
    reader = customers.person("Reader", LEAD, teams=[east], field_rules=masked)
    shown = listed(customers, reader, customer)
    assert [(one["lines"], one["city"], one["postcode"]) for one in shown] == [
        (["1 ***"], None, None),
        (["2 ***"], None, None),
    ]
    assert shown[1]["country"] == "Germany"
    assert change(customers, reader, customer, one, kind="billing").body["type"] == "field-read-only"
    blind = customers.person("Blind", LEAD, teams=[east], field_rules={"customers": {"address": "hidden"}})
    assert listed(customers, blind, customer) == []
    assert add(customers, blind, customer).status == 422
    assert change(customers, blind, customer, one, kind="billing").status == 404


def test_they_are_as_far_away_as_their_customer_and_sealed(customers, rep, customer):
    other = customers.person("Other", REP)
    one = add(customers, rep, customer).body["items"][1]
    ids = {"customer_id": customer["id"], "address_id": one["id"], "if_match": etag(customer)}
    answers = [
        customers.call("customer_addresses", other, customer_id=customer["id"]),
        add(customers, other, customer),
        customers.call("change_address", other, **ids, kind="billing"),
        customers.call("remove_address", other, **ids),
    ]
    assert [answer.status for answer in answers] == [404] * 4
    assert "Quay" not in customers.scalar("SELECT encode(addresses, 'escape') FROM customers")

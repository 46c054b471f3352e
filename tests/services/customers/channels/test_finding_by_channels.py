"""Whatever finds and compares customers by number or address sees all channels, and history only where it finds."""

import pytest

from chassis.testing.tested import together
from services.customers.service import CustomersService
from tests.services.customers.channels.factories import add, added, change, listed
from tests.services.customers.factories import REP, created, imported, names, seen

FIRST, SECOND = "+4940123456", "+4940777777"


@pytest.fixture
def customers(tested):
    return tested(CustomersService)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def customer(customers, rep):
    customer = created(customers, rep, name="Example Trading", phone=FIRST)
    added(customers, rep, customer, "phone", SECOND)
    added(customers, rep, customer, "mail", "second@example.com")
    added(customers, rep, customer, "mail", "third@example.com")
    return customer


def found(customers, who, q):
    return [hit["customer"]["name"] for hit in customers.call("search", who, q=q).body["items"]]


def test_lists_and_search_find_by_each_of_them(customers, rep, customer):
    assert names(customers.call("find_customers", rep, phone=SECOND)) == ["Example Trading"]
    assert names(customers.call("find_customers", rep, phone_tail="7777")) == ["Example Trading"]
    assert names(customers.call("find_customers", rep, email="third@example.com")) == ["Example Trading"]
    for q in (SECOND, "7777", "third@example.com"):
        assert found(customers, rep, q) == ["Example Trading"], q


def test_nobody_else_can_have_one_of_them(customers, rep, customer):
    for given in ({"phone": SECOND}, {"email": "third@example.com"}):
        answer = customers.call("create_customer", rep, name="Another", **given)
        assert (answer.status, answer.body["type"]) == (409, "customer-exists"), given
    checked = customers.call("check_customer", rep, email="third@example.com").body
    assert (checked["enters"], checked["matches"][0]["reasons"]) == (False, ["email"])
    other = created(customers, rep, name="Another")
    assert add(customers, rep, other, "phone", SECOND).body["type"] == "customer-exists"
    assert listed(customers, rep, other) == []


def test_of_many_who_add_the_same_number_at_once_one_has_it(customers, rep):
    others = [created(customers, rep, name=f"Customer {number}") for number in range(8)]
    answers = together(8, lambda number: add(customers, rep, others[number], "phone", SECOND))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 7]


def test_history_finds_but_keeps_nobody_from_having_the_number(customers, rep, customer):
    second = listed(customers, rep, customer)[1]
    change(customers, rep, customer, second, state="stale")
    assert found(customers, rep, SECOND) == ["Example Trading"]
    assert names(customers.call("find_customers", rep, phone=SECOND)) == []
    assert customers.call("check_customer", rep, phone=SECOND).body == {"matches": [], "enters": True}
    created(customers, rep, name="Another", phone=SECOND)
    assert change(customers, rep, customer, second, state="verified").body["type"] == "customer-exists"
    assert seen(customers, rep, customer["id"])["phone"] == FIRST


def test_imports_recognise_a_customer_by_any_of_them(customers, rep, customer):
    rows = [{"name": "As they write it", "email": "third@example.com", "city": "Hamburg"}]
    done = imported(customers, rep, rows, match_on=["email"], on_match="update")
    assert done["result"]["updated"] == 1, done
    assert seen(customers, rep, customer["id"])["city"] == "Hamburg"


def test_they_are_sealed_and_what_finds_them_tells_nothing(customers, rep, customer):
    stored = customers.scalar("SELECT encode(channels, 'escape') FROM customers")
    assert "third" not in stored
    assert customers.scalar("SELECT cardinality(marks) FROM customers") == 2 * 6 + 2

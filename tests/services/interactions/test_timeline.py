"""The timeline of a customer and the list across customers."""

from typing import Any

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService
from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.interactions.factories import ADMIN, REP, ids, logged


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(InteractionsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def march(day: int, **particulars: Any) -> dict[str, Any]:
    return {"happened_at": f"2026-03-{day:02}T09:00:00Z", **particulars}


def test_the_timeline_shows_the_newest_first_whatever_the_order_of_entry(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    days = {day: logged(service, admin, customer_id, **march(day))["id"] for day in (3, 1, 2)}
    logged(service, admin, known_customer(service), **march(4))

    answer = service.call("customer_timeline", admin, customer_id=customer_id)

    assert ids(answer) == [days[3], days[2], days[1]]
    assert answer.json()["next_cursor"] is None


def test_the_timeline_can_show_one_kind(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    logged(service, admin, customer_id, kind="call")
    meeting = logged(service, admin, customer_id, kind="meeting")["id"]

    assert ids(service.call("customer_timeline", admin, customer_id=customer_id, kind="meeting")) == [meeting]
    assert ids(service.call("customer_timeline", admin, customer_id=customer_id, kind="mail")) == []


def test_the_timeline_goes_on_where_the_page_before_ended(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    same_moment = [logged(service, admin, customer_id, **march(1))["id"] for _ in range(5)]

    first = service.call("customer_timeline", admin, customer_id=customer_id, limit="2")
    late = logged(service, admin, customer_id, **march(2))["id"]
    cursor = first.json()["next_cursor"]
    rest = service.call("customer_timeline", admin, customer_id=customer_id, limit="200", cursor=cursor)

    assert ids(first) + ids(rest) == sorted(same_moment, reverse=True)
    assert late not in ids(rest)


def test_the_timeline_of_an_unknown_customer_is_not_found(service: TestedService, admin: Person):
    known = known_customer(service)

    assert ids(service.call("customer_timeline", admin, customer_id=known)) == []
    answer = service.call("customer_timeline", admin, customer_id=new_id())
    assert (answer.status, answer.json()["type"]) == (404, "customer-not-known-here")


def test_the_list_goes_across_customers_and_names_them(service: TestedService, admin: Person):
    for name, day in (("Example Trading", 1), ("Sample Works", 2)):
        logged(service, admin, known_customer(service, name=name), **march(day))

    answer = service.call("find_interactions", admin)

    assert [item["customer_name"] for item in answer.json()["items"]] == ["Sample Works", "Example Trading"]


def test_the_list_can_be_narrowed_to_an_author(service: TestedService, admin: Person):
    rep = service.person("Rep", REP)
    customer_id = known_customer(service, rep)
    of_rep = logged(service, rep, customer_id)["id"]
    logged(service, admin, customer_id)

    assert ids(service.call("find_interactions", admin, author_id=rep.id)) == [of_rep]


def test_the_list_can_be_filtered_and_sorted(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    short = logged(service, admin, customer_id, **march(1, duration_seconds=60, participants=["Buyer"]))["id"]
    long = logged(service, admin, customer_id, **march(2, duration_seconds=900))["id"]
    noted = logged(service, admin, customer_id, **march(3, kind="note"))["id"]

    calls = {"field": "kind", "op": "eq", "value": "call"}
    assert ids(service.call("find_interactions", admin, filter=calls, sort="happened_at")) == [short, long]
    over_a_minute = {"field": "duration_seconds", "op": "gt", "value": 60}
    assert ids(service.call("find_interactions", admin, filter={"and": [calls, over_a_minute]})) == [long]
    with_buyer = {"field": "participants", "op": "has", "value": "Buyer"}
    assert ids(service.call("find_interactions", admin, filter=with_buyer)) == [short]
    assert ids(service.call("find_interactions", admin, sort="-created_at")) == [noted, long, short]


def test_what_was_said_cannot_be_filtered_on(service: TestedService, admin: Person):
    said = {"field": "text", "op": "contains", "value": "secret"}

    assert service.call("find_interactions", admin, filter=said).status == 422

"""Recording many interactions at once."""

from typing import Any
from uuid import UUID

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import together
from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.interactions.factories import ADMIN, REP, logged


def item(customer_id: UUID, **particulars: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "customer_id": str(customer_id), "kind": "call", "subject": "Hello", **particulars}


def results(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["result"] for one in answer.json()["items"]]


def test_five_hundred_interactions_are_recorded_and_told_in_one_go(tested: Tested):
    service = tested(InteractionsService)
    admin = service.person("Admin", ADMIN)
    customer_id = known_customer(service)

    answer = service.call("log_interactions", admin, items=[item(customer_id) for _ in range(500)])

    assert (answer.json()["created"], answer.json()["known"], answer.json()["refused"]) == (500, 0, 0)
    assert service.scalar("SELECT count(*) FROM interactions") == 500
    assert len(service.events()) == 500
    assert service.call("log_interactions", admin, items=[item(customer_id)] * 501).status == 422


def test_an_item_that_is_refused_does_not_hinder_the_others(tested: Tested):
    service = tested(InteractionsService)
    rep, other = service.person("Rep", REP), service.person("Other", REP)
    mine = known_customer(service, rep)
    taken = logged(service, other, known_customer(service, other))["id"]
    items = [
        item(mine),
        item(known_customer(service, other)),
        item(mine, id=taken),
        item(mine, author_id=str(other.id)),
        item(mine),
    ]

    answer = service.call("log_interactions", rep, items=items)

    assert results(answer) == ["created", "refused", "refused", "refused", "created"]
    assert [one["problem"] and one["problem"]["type"] for one in answer.json()["items"]] == [
        None,
        "customer-not-known-here",
        "interaction-id-taken",
        "person-out-of-reach",
        None,
    ]
    assert [one["id"] for one in answer.json()["items"]] == [one["id"] for one in items]


def test_a_batch_that_is_sent_again_records_nothing_twice(tested: Tested):
    service = tested(InteractionsService)
    admin = service.person("Admin", ADMIN)
    customer_id = known_customer(service)
    items = [item(customer_id) for _ in range(3)]

    service.call("log_interactions", admin, items=items[:2])
    again = service.call("log_interactions", admin, items=[*items, items[2]])

    assert results(again) == ["known", "known", "created", "known"]
    assert len(service.events()) == 3


def test_the_same_batch_sent_many_times_at_once_is_recorded_once(tested: Tested):
    service = tested(InteractionsService)
    admin = service.person("Admin", ADMIN)
    customer_id = known_customer(service)
    items = [item(customer_id) for _ in range(50)]

    answers = together(8, lambda index: service.call("log_interactions", admin, items=items[:: (-1) ** index]))

    assert sum(answer.json()["created"] for answer in answers) == 50
    assert all(answer.json()["refused"] == 0 for answer in answers)
    assert service.scalar("SELECT count(*) FROM interactions") == 50


def test_a_malformed_item_is_named_and_the_whole_batch_refused(tested: Tested):
    service = tested(InteractionsService)
    admin = service.person("Admin", ADMIN)
    customer_id = known_customer(service)

    answer = service.call("log_interactions", admin, items=[item(customer_id), item(customer_id, kind="telegram")])

    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/1/kind"
    assert service.scalar("SELECT count(*) FROM interactions") == 0

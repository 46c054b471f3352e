"""The list of tickets."""

from typing import Any

import pytest

from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService
from services.tickets.service import TicketsService
from tests.services.tickets.factories import ADMIN, done, ids, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def listed(service: TestedService, who: Person, **asked: Any) -> list[str]:
    return ids(service.call("find_tickets", who, **asked))


def test_the_newest_come_first_unless_asked_otherwise(service: TestedService, admin: Person):
    first, second = taken_in(service, admin), taken_in(service, admin)
    done(service, "open_ticket", admin, first)

    assert listed(service, admin) == [second["id"], first["id"]]
    assert listed(service, admin, sort="created_at") == [first["id"], second["id"]]
    assert listed(service, admin, sort="-updated_at") == [first["id"], second["id"]]


def test_priorities_sort_by_urgency_and_not_by_the_alphabet(service: TestedService, admin: Person):
    tickets = {name: taken_in(service, admin, priority=name)["id"] for name in ("high", "low", "urgent", "normal")}

    assert listed(service, admin, sort="-priority") == [tickets[name] for name in ("urgent", "high", "normal", "low")]
    first = service.call("find_tickets", admin, sort="-priority", limit="3")
    rest = listed(service, admin, sort="-priority", cursor=first.json()["next_cursor"])
    assert rest == [tickets["low"]]


def test_mine_and_those_of_nobody(service: TestedService, admin: Person):
    mine = taken_in(service, admin, assignee_id=admin.id)["id"]
    of_nobody = taken_in(service, admin)["id"]

    assert listed(service, admin, assignee="me") == [mine]
    assert listed(service, admin, assignee="nobody") == [of_nobody]


def test_the_list_can_be_filtered(service: TestedService, admin: Person):
    complaint = taken_in(service, admin, kind="complaint", priority="high")
    request = taken_in(service, admin, subject="Wants a manual")
    done(service, "open_ticket", admin, request)

    def found(field: str, op: str, value: Any) -> list[str]:
        return listed(service, admin, filter={"field": field, "op": op, "value": value})

    assert found("kind", "eq", "complaint") == [complaint["id"]]
    assert found("state", "in", ["open", "waiting"]) == [request["id"]]
    assert found("number", "eq", request["number"]) == [request["id"]]
    assert found("subject", "contains", "manual") == [request["id"]]
    assert found("customer_id", "eq", complaint["customer_id"]) == [complaint["id"]]
    assert found("assignee_id", "is_null", value=True) == [request["id"], complaint["id"]]


@pytest.mark.parametrize("field", ["description", "resolution", "accused_id"])
def test_what_is_confidential_cannot_be_filtered_on(service: TestedService, admin: Person, field: str):
    answer = service.call("find_tickets", admin, filter={"field": field, "op": "is_null", "value": False})

    assert answer.status == 422

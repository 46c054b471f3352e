"""Minimal valid objects for the tests of tickets."""

from typing import Any
from uuid import UUID

from chassis.testing.tested import Person, TestedService
from tests.services.customer_events import known_customer

ADMIN = {"*": "all"}
AGENT = {
    "customers:read": "all",
    "tickets:create": "own",
    "tickets:read": "team",
    "tickets:change": "own",
    "tickets:comment": "own",
}
LEAD = {
    "customers:read": "all",
    "tickets:create": "own",
    "tickets:read": "team_tree",
    "tickets:change": "team_tree",
    "tickets:assign": "team_tree",
    "tickets:comment": "own",
}
REP = {"customers:read": "own", "customers:claim": "all", "tickets:create": "own", "tickets:read": "own"}


def request(customer_id: UUID, **said: Any) -> dict[str, Any]:
    """What has to be said of a new ticket."""
    return {"customer_id": customer_id, "kind": "service_request", "subject": "Pump hums", **said}


def taken_in(service: TestedService, who: Person, customer_id: UUID | None = None, **said: Any) -> dict[str, Any]:
    """A ticket that was taken in through the operation, of a new customer unless one is named."""
    answer = service.call("create_ticket", who, **request(customer_id or known_customer(service), **said))
    assert answer.status == 201, answer.body
    return dict(answer.json())


def done(service: TestedService, operation: str, who: Person, ticket: dict[str, Any], **said: Any) -> dict[str, Any]:
    """The ticket after an operation that must have worked."""
    answer = service.call(operation, who, ticket_id=ticket["id"], **said)
    assert answer.status in (200, 201), answer.body
    return dict(answer.json())


def ids(answer: Any) -> list[str]:
    """The ids of the items of a page."""
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json()["items"]]


def refusal(answer: Any) -> tuple[int, str]:
    """The status and the slug of a refusal."""
    return answer.status, answer.json()["type"]

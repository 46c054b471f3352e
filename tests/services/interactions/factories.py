"""Minimal valid objects for the tests of interactions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.clock import now
from chassis.testing.tested import Person, TestedService

REP = {
    "customers:read": "own",
    "customers:claim": "all",
    "interactions:create": "own",
    "interactions:read": "own",
}
LEAD = {
    "customers:read": "team_tree",
    "interactions:create": "team_tree",
    "interactions:read": "team_tree",
    "interactions:change": "team_tree",
}
ADMIN = {"*": "all"}


def logged(service: TestedService, who: Person, customer_id: UUID, **particulars: Any) -> dict[str, Any]:
    """An interaction that was recorded through the operation."""
    particulars = {"kind": "call", "subject": "Asked for prices", **particulars}
    answer = service.call("log_interaction", who, customer_id=customer_id, **particulars)
    assert answer.status == 201, answer.body
    return dict(answer.json())


def planned(service: TestedService, who: Person, customer_id: UUID, **plan: Any) -> dict[str, Any]:
    """A follow-up that was planned through the operation, for tomorrow unless said otherwise."""
    plan = {"due_at": in_seconds(24 * 3600), **plan}
    answer = service.call("plan_follow_up", who, customer_id=customer_id, **plan)
    assert answer.status == 200, answer.body
    return dict(answer.json())


def in_seconds(seconds: float) -> str:
    """An instant in the near future (or past) as requests spell it."""
    return (now() + timedelta(seconds=seconds)).isoformat()


def ids(answer: Any) -> list[str]:
    """The ids of the items of a page."""
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json()["items"]]

"""Lines of the history of grades and stages."""

from typing import Any
from uuid import UUID

from chassis.clock import now
from chassis.ids import new_id
from services.customers.models import FIRST_STAGE
from services.customers.standing.models import FIELDS


def first_standings(by_id: UUID, customer: Any, reason: str | None = None) -> list[dict[str, Any]]:
    """The lines for a new customer: its grade if it has one, and its stage if it is not the usual one."""
    values = {name: getattr(customer, name) for name in FIELDS}
    told = {name: value for name, value in values.items() if value not in (None, FIRST_STAGE)}
    return [line(by_id, customer, name, None, after, reason) for name, after in told.items()]


def lines_of_change(by_id: UUID, customer: Any, fields: dict[str, Any], reason: str) -> list[dict[str, Any]]:
    """The lines for what the fields would change, to be asked for before they do."""
    told = {name: value for name, value in fields.items() if name in FIELDS}
    return [
        line(by_id, customer, name, getattr(customer, name), value, reason)
        for name, value in told.items()
        if getattr(customer, name) != value
    ]


def line(
    by_id: UUID, customer: Any, field: str, before: str | None, after: str | None, reason: str | None
) -> dict[str, Any]:
    """The columns of a line of the history."""
    return {
        "id": new_id(),
        "customer_id": customer.id,
        "field": field,
        "before": before,
        "after": after,
        "reason": reason,
        "by_id": by_id,
        "at": now(),
    }

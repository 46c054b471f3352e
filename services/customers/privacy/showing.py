"""Requests about people's data as they are answered."""

from typing import Any

from contracts.suite import SERVICES
from services.customers.privacy.models import PrivacyRequest

TABLE = PrivacyRequest.__table__.c
SHOWN = [
    TABLE[name]
    for name in (
        *("id", "kind", "state", "customer_id", "contact_id", "owner_id", "receipts", "file_until"),
        *("created_at", "finished_at", "cancelled_by"),
    )
]


def as_shown(request: PrivacyRequest) -> dict[str, Any]:
    """A request as it is answered."""
    return shown({column.name: getattr(request, column.name) for column in SHOWN})


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is answered: with the receipts in order, and the names of those that are missing."""
    given = row["receipts"] or {}
    receipts = [_whole(name, given[name]) for name in SERVICES if name in given]
    return row | {"receipts": receipts, "missing": [name for name in SERVICES if name not in given]}


def _whole(service: str, receipt: dict[str, Any]) -> dict[str, Any]:
    lines = [{"first": [], **line} for line in receipt["lines"]]
    return {"service": service, "stopped": False, **receipt, "lines": lines}

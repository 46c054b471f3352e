"""What is known of how good the data of customers is, and of what owners have to put right."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.policy import NOBODY, Resource

CUSTOMER_TASKS = Resource(
    "customer_tasks",
    fixed=(
        *("id", "version", "customer_id", "customer_name", "owner_id", "team_id", "kind", "subject", "about", "due_at"),
        *("state", "reason", "closed_at", "closed_by", "created_at"),
    ),
    internal=("holds", "updated_at"),
    permissions="customers",
)
"""What owners have to put right about customers."""


@dataclass(frozen=True, kw_only=True)
class CustomerTaskChanged(Event):
    """Somebody has something to put right about a customer, or it is done; the id is the task's."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "customer_task"

    customer_id: UUID
    owner_id: UUID | None
    team_id: UUID | None
    kind: str
    state: str
    due_at: datetime


QUALITY_STANDARDS = Resource(
    "quality_standards",
    fixed=(
        *("id", "version", "kind", "lifecycle_stage", "criteria", "completeness", "validity", "freshness", "tasks"),
        *("due_days", "created_at", "updated_at"),
    ),
    owner=NOBODY,
    permissions="customers",
)
"""What good records of customers have."""

QUALITIES = Resource(
    "qualities",
    fixed=(
        *("customer_id", "name", "owner_id", "team_id", "pool_id", "kind", "lifecycle_stage", "score", "completeness"),
        *("validity", "freshness", "missing", "invalid", "stale", "standard_id", "standard_version", "falls_on"),
        *("verified_at", "verified_by", "items"),
    ),
    owner=NOBODY,
    permissions="customers",
)
"""How good what is known of customers is; whoever makes an answer leaves out what follows from hidden fields."""


@dataclass(frozen=True, kw_only=True)
class CustomerVerified(Event):
    """Somebody has confirmed what is known of a customer."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "customer"

    fields: list[str]
    """Which fields; none for the whole record."""
    by_id: UUID

"""What is known of the pools that customers wait in, of how they are taken, and of when they go back."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.policy import NOBODY, Resource


@dataclass(frozen=True, kw_only=True)
class RecycleAnnounced(Event):
    """A customer goes back to its pool soon, or has just gone; the id is the customer's."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "pool_clock"

    owner_id: UUID
    user_ids: list[UUID]
    """Whom to tell: the owner, and those who answer for him if it is late."""
    recycle_at: datetime
    days: int
    """How many days before; 0 when it has gone."""
    rule: str
    pool_id: UUID


POOLS = Resource(
    "pools",
    fixed=(
        *("id", "version", "name", "priority", "enabled", "is_default", "time_zone", "everybody", "teams", "roles"),
        *("people", "administrators", "hidden_fields", "limits", "not_counted", "cool_down_hours", "fresh_hours"),
        *("reason_required", "assignment_rules", "recycling", "recycle_rules", "warn_days", "escalate_days"),
        *("protect_days", "created_at", "updated_at"),
    ),
    internal=("last_given",),
    owner=NOBODY,
)
"""Where customers without an owner wait, for whom, and under which rules they are taken."""

RELEASE_REASONS = Resource(
    "release_reasons",
    fixed=("id", "version", "name", "enabled", "created_at", "updated_at"),
    owner=NOBODY,
    permissions="pools",
)
"""Why customers are put back."""

POOL_CLOCKS = Resource(
    "pool_clocks",
    fixed=(
        *("customer_id", "owner_id", "pool_id", "recycle_at", "rule", "conditions", "warnings", "owned_since"),
        *("last_follow_up_at", "protected_until"),
    ),
    owner=NOBODY,
    permissions="customers",
)
"""When customers go back to their pools, by which rule, and what would put that off."""

"""What interactions publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.events import MergeFollowed, RecordsHandedOver
from chassis.identity.policy import Access, Field, Resource


@dataclass(frozen=True, kw_only=True)
class InteractionLogged(Event):
    """A call, mail, meeting, message or note with a customer was recorded."""

    service: ClassVar[str] = "interactions"
    aggregate: ClassVar[str] = "interaction"

    customer_id: UUID
    kind: str
    author_id: UUID
    happened_at: datetime


@dataclass(frozen=True, kw_only=True)
class InteractionChanged(InteractionLogged):
    """A recorded interaction was corrected."""


@dataclass(frozen=True, kw_only=True)
class FollowUpPlanned(Event):
    """The next contact with a customer was set, moved, done or dropped (``due_at`` None)."""

    service: ClassVar[str] = "interactions"
    aggregate: ClassVar[str] = "follow_up"

    customer_id: UUID
    user_id: UUID
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class FollowUpDue(FollowUpPlanned):
    """The time to contact a customer has come."""


INTERACTIONS = Resource(
    "interactions",
    fields={
        "subject": Field(least=Access.READ),
        "happened_at": Field(least=Access.READ),
        "direction": Field(),
        "channel": Field(),
        "text": Field(),
        "duration_seconds": Field(),
        "participants": Field(),
        "outcome": Field(),
    },
    fixed=("id", "version", "customer_id", "customer_name", "author_id", "kind", "created_at", "updated_at"),
    owner="author_id",
)
"""What happened with customers."""

FOLLOW_UPS = Resource(
    "follow_ups",
    fields={"note": Field()},
    fixed=(
        *("id", "version", "customer_id", "customer_name", "user_id", "planned_by", "due_at", "state"),
        *("reminded_at", "closed_at", "created_at", "updated_at"),
    ),
    owner="user_id",
    permissions="interactions",
)
"""When to turn to customers next."""

REMINDERS = Resource(
    "reminders",
    fields={"note": Field(within=(FOLLOW_UPS, "note"))},
    fixed=(
        *("id", "kind", "follow_up_id", "customer_id", "customer_name", "user_id", "due_at", "unread"),
        *("reminded_at", "read_at"),
    ),
    owner="user_id",
    permissions="interactions",
)
"""What somebody was reminded of."""


@dataclass(frozen=True, kw_only=True)
class InteractionsHandedOver(RecordsHandedOver):
    """How far interactions is with what somebody who has left owned there."""

    service: ClassVar[str] = "interactions"


@dataclass(frozen=True, kw_only=True)
class InteractionsFollowedMerge(MergeFollowed):
    """Interactions has done its part of a merge of customers, or of taking one back."""

    service: ClassVar[str] = "interactions"

"""What interactions publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event


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

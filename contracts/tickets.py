"""What tickets publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.events import RecordShared


@dataclass(frozen=True, kw_only=True)
class TicketState(Event):
    """The state of a ticket after something happened to it."""

    service: ClassVar[str] = "tickets"
    aggregate: ClassVar[str] = "ticket"

    number: str
    kind: str
    """``service_request`` or ``complaint``."""
    state: str
    priority: str
    customer_id: UUID
    assignee_id: UUID | None
    team_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TicketOpened(TicketState):
    """A customer's request or complaint was taken in."""


@dataclass(frozen=True, kw_only=True)
class TicketChanged(TicketState):
    """A ticket got another priority, assignee, team or text, or a comment."""


@dataclass(frozen=True, kw_only=True)
class TicketMoved(TicketState):
    """A ticket went to another state, such as solved."""


@dataclass(frozen=True, kw_only=True)
class TicketShared(RecordShared):
    """A ticket was shared with a person or a team, or that was changed or ended."""

    service: ClassVar[str] = "tickets"

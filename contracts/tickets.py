"""What tickets publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.events import MergeFollowed, RecordsHandedOver, RecordShared
from chassis.identity.policy import Access, Field, Resource


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


TICKETS = Resource(
    "tickets",
    fields={
        "kind": Field(least=Access.READ),
        "subject": Field(least=Access.READ),
        "priority": Field(least=Access.READ),
        "description": Field(),
        "channel": Field(),
        "resolution": Field(least=Access.READ),
        "accused_id": Field(),
    },
    fixed=(
        *("id", "version", "number", "customer_id", "customer_name", "team_id", "assignee_id", "created_by", "state"),
        *("urgency", "reopened", "created_at", "updated_at", "solved_at", "closed_at"),
    ),
    internal=("owner_id",),
    owner="assignee_id",
)
"""Service requests and complaints; they are the own of whoever sees to them."""

TICKET_HISTORY = Resource(
    "ticket_history",
    fields={"note": Field(within=(TICKETS, "resolution"))},
    fixed=("id", "ticket_id", "assignee_id", "at", "by", "what", "before", "after"),
    owner="assignee_id",
    permissions="tickets",
)
"""What became of a ticket; the note on its solution is the resolution."""

COMMENTS = Resource(
    "comments",
    fields={"text": Field(least=Access.READ)},
    fixed=("id", "ticket_id", "author_id", "public", "created_at"),
    owner="author_id",
    permissions="tickets",
)
"""What was said on a ticket."""


@dataclass(frozen=True, kw_only=True)
class TicketsHandedOver(RecordsHandedOver):
    """How far tickets is with what somebody who has left owned there."""

    service: ClassVar[str] = "tickets"


@dataclass(frozen=True, kw_only=True)
class TicketsFollowedMerge(MergeFollowed):
    """Tickets has done its part of a merge of customers, or of taking one back."""

    service: ClassVar[str] = "tickets"

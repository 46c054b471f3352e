"""What goes into and comes out of tickets."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant, Text
from chassis.filters import FilterTree
from chassis.paging import PageRequest, page_of
from contracts.tickets import COMMENTS, TICKET_HISTORY, TICKETS
from services.tickets.models import KINDS, PRIORITIES, STATES
from services.tickets.queries import FILTERABLE

MAX_BATCH = 500
SORTS = ("created_at", "-created_at", "updated_at", "-updated_at", "priority", "-priority")

CUSTOMER_NAME = {"description": "Null if you may not see the customer.", "example": "Example Trading Ltd"}
DESCRIPTION = {"description": "What the customer wants or complains of.", "example": "The pump hums since Monday."}
NUMBER = {"description": "Kind, year and a running number.", "example": "SR-2026-000123"}
NOTE = {"description": "Why; kept in the history.", "example": "The customer called again."}
RESOLUTION = {"description": "What came of it.", "example": "The bearing was replaced."}
SUBJECT = {"description": "In a few words.", "example": "Pump hums"}


class OfTickets(Schema):
    """A payload about tickets."""

    class Meta:
        """Whose fields these are."""

        resource = TICKETS


class OfComments(Schema):
    """A payload about comments."""

    class Meta:
        """Whose fields these are."""

        resource = COMMENTS


class NewTicket(OfTickets):
    """A service request or a complaint to take in."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    customer_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "service_request"})
    subject = Text(200, required=True, metadata=SUBJECT)
    description = Text(10_000, load_default=None, allow_none=True, metadata=DESCRIPTION)
    priority = fields.String(load_default="normal", validate=validate.OneOf(PRIORITIES), metadata={"example": "normal"})
    channel = Text(
        40,
        load_default=None,
        allow_none=True,
        metadata={"description": "The way it came, in your own words.", "example": "phone"},
    )
    team_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The team that sees to it; yours by default."}
    )
    assignee_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Who sees to it. Not given: the least busy of the team. Others need tickets:assign."},
    )
    accused_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Complaints only: whom of us it is about. He neither gets nor sees it."},
    )


class BatchTicket(NewTicket):
    """A ticket of a batch."""

    id = fields.UUID(required=True, metadata={"description": "Your id; the same id again has no second effect."})
    created_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "When another system took it in; now, if not given.",
            "example": "2026-01-31T09:00:00Z",
        },
    )
    state = fields.String(
        load_default="new",
        validate=validate.OneOf(STATES),
        metadata={"description": "How far another system got; beyond `new` needs tickets:change.", "example": "new"},
    )
    resolution = Text(5_000, load_default=None, allow_none=True, metadata=RESOLUTION)


class TicketBatch(Schema):
    """Tickets to take in in one go."""

    items = fields.List(fields.Nested(BatchTicket), required=True, validate=validate.Length(1, MAX_BATCH))


class TicketChange(OfTickets):
    """What is to be different; fields that are not given stay as they are."""

    subject = Text(200, metadata=SUBJECT)
    description = Text(10_000, allow_none=True, metadata=DESCRIPTION)
    priority = fields.String(validate=validate.OneOf(PRIORITIES), metadata={"example": "high"})


class Assignment(Schema):
    """Who is to see to a ticket."""

    assignee_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The person; null leaves it to the team."}
    )
    team_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The team; null leaves it where it is."}
    )
    auto = Flag(
        load_default=True,
        metadata={
            "description": "Without a person: true gives it to the least busy of the team, false to nobody yet.",
            "example": True,
        },
    )
    note = Text(500, load_default=None, allow_none=True, metadata=NOTE)


class Move(Schema):
    """A step to another state."""

    note = Text(500, load_default=None, allow_none=True, metadata=NOTE)


class Solution(OfTickets):
    """What came of a ticket."""

    resolution = Text(5_000, required=True, metadata=RESOLUTION)


class NewComment(OfComments):
    """Something to say on a ticket."""

    text = Text(10_000, required=True, metadata={"example": "Spare part ordered."})
    public = Flag(
        load_default=False,
        metadata={"description": "Whether it is meant for the customer too.", "example": False},
    )


class TicketView(OfTickets):
    """A ticket."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    number = fields.String(required=True, metadata=NUMBER)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "service_request"})
    subject = fields.String(required=True, metadata=SUBJECT)
    description = fields.String(required=True, allow_none=True, metadata=DESCRIPTION)
    priority = fields.String(required=True, metadata={"enum": PRIORITIES, "example": "normal"})
    channel = fields.String(required=True, allow_none=True, metadata={"example": "phone"})
    customer_id = fields.UUID(required=True)
    team_id = fields.UUID(required=True, allow_none=True)
    assignee_id = fields.UUID(required=True, allow_none=True)
    accused_id = fields.UUID(required=True, allow_none=True)
    created_by = fields.UUID(required=True)
    state = fields.String(required=True, metadata={"enum": STATES, "example": "new"})
    resolution = fields.String(required=True, allow_none=True, metadata=RESOLUTION)
    reopened = fields.Integer(required=True, metadata={"description": "How often it was opened again.", "example": 0})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    solved_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)


class ListedTicketView(TicketView):
    """A ticket with the name of its customer."""

    urgency = fields.Integer(
        required=True, metadata={"description": "The priority as a number, from 1 (low) to 4 (urgent).", "example": 2}
    )
    customer_name = fields.String(required=True, allow_none=True, metadata=CUSTOMER_NAME)


class ServiceRecordView(OfTickets):
    """What a customer's profile tells of a ticket."""

    id = fields.UUID(required=True)
    number = fields.String(required=True, metadata=NUMBER)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "service_request"})
    subject = fields.String(required=True, metadata=SUBJECT)
    priority = fields.String(required=True, metadata={"enum": PRIORITIES, "example": "normal"})
    channel = fields.String(required=True, allow_none=True, metadata={"example": "phone"})
    team_id = fields.UUID(required=True, allow_none=True)
    assignee_id = fields.UUID(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": STATES, "example": "solved"})
    resolution = fields.String(required=True, allow_none=True, metadata=RESOLUTION)
    created_at = Instant(required=True)
    solved_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)


class HistoryEntryView(Schema):
    """A line of a ticket's history."""

    class Meta:
        """Whose fields these are."""

        resource = TICKET_HISTORY

    id = fields.UUID(required=True)
    at = Instant(required=True)
    by = fields.UUID(required=True)
    what = fields.String(
        required=True, metadata={"enum": ["state", "assignee", "team", "priority"], "example": "state"}
    )
    before = fields.String(required=True, allow_none=True, metadata={"example": "new"})
    after = fields.String(required=True, allow_none=True, metadata={"example": "open"})
    note = fields.String(required=True, allow_none=True, metadata=NOTE)


class CommentView(OfComments):
    """A comment on a ticket."""

    id = fields.UUID(required=True)
    author_id = fields.UUID(required=True)
    text = fields.String(required=True, metadata={"example": "Spare part ordered."})
    public = fields.Boolean(required=True, metadata={"example": False})
    created_at = Instant(required=True)


class RefusedTicket(NoRecord):
    """Why an item of a batch was refused."""

    type = fields.String(required=True, metadata={"example": "unknown-team"})
    title = fields.String(required=True, metadata={"example": "There is no such team, or it is not known here yet"})
    detail = fields.String(required=True, allow_none=True, metadata={"example": None})


class TicketResult(NoRecord):
    """What became of one item of a batch."""

    id = fields.UUID(required=True)
    result = fields.String(
        required=True,
        metadata={
            "description": "`known` means that the same item was taken in before.",
            "enum": ["created", "known", "refused"],
            "example": "created",
        },
    )
    problem = fields.Nested(RefusedTicket, required=True, allow_none=True)


class TicketResults(NoRecord):
    """What became of a batch, item by item in the same order."""

    created = fields.Integer(required=True, metadata={"example": 1})
    known = fields.Integer(required=True, metadata={"example": 0})
    refused = fields.Integer(required=True, metadata={"example": 0})
    items = fields.List(fields.Nested(TicketResult), required=True)


class TicketSearch(OfTickets, PageRequest):
    """Which tickets to list, and in which order."""

    assignee = fields.String(
        load_default=None,
        validate=validate.OneOf(["me", "nobody"]),
        metadata={"description": "Only those that you see to, or that nobody sees to yet.", "example": "me"},
    )
    filter = FilterTree(
        "TicketFilter",
        FILTERABLE,
        load_default=None,
        metadata={"description": "A filter tree in JSON.", "example": {"field": "state", "op": "eq", "value": "open"}},
    )
    sort = fields.String(
        load_default="-created_at",
        validate=validate.OneOf(
            [sign + name for name in ("created_at", "updated_at", "priority") for sign in ("", "-")]
        ),
        metadata={"description": "What to sort by; `-` for the newest or most urgent first.", "example": "-priority"},
    )


ListedTicketPage = page_of(ListedTicketView)
ServiceRecordPage = page_of(ServiceRecordView)
HistoryPage = page_of(HistoryEntryView)
CommentPage = page_of(CommentView)

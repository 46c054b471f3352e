"""What goes into and comes out of interactions."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import MAX_INT32, Instant, Text, Whole
from chassis.filters import FilterTree
from chassis.paging import PageRequest, page_of
from contracts.interactions import FOLLOW_UPS, INTERACTIONS, REMINDERS
from services.interactions.models import DIRECTIONS, FOLLOW_UP_STATES, KINDS, REMINDER_KINDS
from services.interactions.queries import FILTERABLE

MAX_BATCH = 500


class OfInteractions(Schema):
    """A payload about interactions."""

    class Meta:
        """Whose fields these are."""

        resource = INTERACTIONS


class OfFollowUps(Schema):
    """A payload about follow-ups."""

    class Meta:
        """Whose fields these are."""

        resource = FOLLOW_UPS


class InteractionFields(OfInteractions):
    """What may be said of an interaction, now or in a correction."""

    direction = fields.String(
        allow_none=True,
        validate=validate.OneOf(DIRECTIONS),
        metadata={"description": "`in` when the customer turned to us, `out` when we did.", "example": "out"},
    )
    channel = Text(
        40, allow_none=True, metadata={"description": "The way it went, in your own words.", "example": "phone"}
    )
    text = Text(10_000, allow_none=True, metadata={"description": "What was said.", "example": "Wants a quotation."})
    duration_seconds = Whole(0, MAX_INT32, allow_none=True, metadata={"example": 240})
    participants = fields.List(
        Text(200, metadata={"example": "Purchasing department"}),
        validate=validate.Length(max=50),
        metadata={"description": "Who took part, on both sides."},
    )
    outcome = Text(200, allow_none=True, metadata={"description": "What came of it.", "example": "Quotation wanted"})


class NewInteraction(InteractionFields):
    """An interaction to record."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "call"})
    subject = Text(200, required=True, metadata={"description": "In a few words.", "example": "Asked for prices"})
    happened_at = Instant(metadata={"description": "Now, if you do not say.", "example": "2026-01-31T09:00:00Z"})
    author_id = fields.UUID(
        metadata={"description": "Who dealt with the customer; you, if you do not say. Others need a right for him."}
    )


class InteractionCorrection(InteractionFields):
    """What is to be different; fields that are not given stay as they are."""

    subject = Text(200, metadata={"description": "In a few words.", "example": "Asked for new prices"})
    happened_at = Instant(metadata={"example": "2026-01-31T09:00:00Z"})


class BatchInteraction(NewInteraction):
    """An interaction of a batch."""

    id = fields.UUID(required=True, metadata={"description": "Your id; the same id again has no second effect."})
    customer_id = fields.UUID(required=True)


class InteractionBatch(Schema):
    """Interactions to record in one go."""

    items = fields.List(fields.Nested(BatchInteraction), required=True, validate=validate.Length(1, MAX_BATCH))


class InteractionView(OfInteractions):
    """A call, mail, meeting, message or note."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    author_id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "call"})
    direction = fields.String(required=True, allow_none=True, metadata={"enum": [*DIRECTIONS, None], "example": "out"})
    channel = fields.String(required=True, allow_none=True, metadata={"example": "phone"})
    subject = fields.String(required=True, metadata={"example": "Asked for prices"})
    text = fields.String(required=True, allow_none=True, metadata={"example": "Wants a quotation."})
    happened_at = Instant(required=True)
    duration_seconds = fields.Integer(required=True, allow_none=True, metadata={"example": 240})
    participants = fields.List(fields.String(metadata={"example": "Purchasing department"}), required=True)
    outcome = fields.String(required=True, allow_none=True, metadata={"example": "Quotation wanted"})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ListedInteractionView(InteractionView):
    """An interaction in a list across customers."""

    customer_name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})


class RefusedItem(NoRecord):
    """Why an item of a batch was refused."""

    type = fields.String(required=True, metadata={"example": "customer-not-known-here"})
    title = fields.String(required=True, metadata={"example": "There is no such customer, or it is not known here yet"})


class BatchResult(NoRecord):
    """What became of one item of a batch."""

    id = fields.UUID(required=True)
    result = fields.String(
        required=True,
        metadata={
            "description": "`known` means that the same item was recorded before.",
            "enum": ["created", "known", "refused"],
            "example": "created",
        },
    )
    problem = fields.Nested(RefusedItem, required=True, allow_none=True)


class BatchResults(NoRecord):
    """What became of a batch, item by item in the same order."""

    created = fields.Integer(required=True, metadata={"example": 1})
    known = fields.Integer(required=True, metadata={"example": 0})
    refused = fields.Integer(required=True, metadata={"example": 0})
    items = fields.List(fields.Nested(BatchResult), required=True)


class TimelineRequest(OfInteractions, PageRequest):
    """Which part of a customer's timeline to show."""

    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(KINDS),
        metadata={"description": "Only interactions of this kind.", "example": "call"},
    )


class InteractionSearch(OfInteractions, PageRequest):
    """Which interactions to list, and in which order."""

    author_id = fields.UUID(load_default=None, metadata={"description": "Only those of this person."})
    filter = FilterTree(
        "InteractionFilter",
        FILTERABLE,
        load_default=None,
        metadata={"description": "A filter tree in JSON.", "example": {"field": "kind", "op": "eq", "value": "call"}},
    )
    sort = fields.String(
        load_default="-happened_at",
        validate=validate.OneOf(["happened_at", "-happened_at", "created_at", "-created_at"]),
        metadata={"description": "What to sort by; `-` for the newest first.", "example": "-happened_at"},
    )


class FollowUpPlan(OfFollowUps):
    """When to turn to the customer next."""

    due_at = Instant(required=True, metadata={"description": "When to be reminded.", "example": "2026-02-15T09:00:00Z"})
    note = Text(
        500, load_default=None, allow_none=True, metadata={"description": "What for.", "example": "Send the quotation"}
    )
    user_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Who is to do it; you, if you do not say. Others need a right for him."},
    )


class FollowUpView(OfFollowUps):
    """A follow-up: when somebody means to turn to a customer next."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    planned_by = fields.UUID(required=True)
    due_at = Instant(required=True)
    note = fields.String(required=True, allow_none=True, metadata={"example": "Send the quotation"})
    state = fields.String(required=True, metadata={"enum": FOLLOW_UP_STATES, "example": "open"})
    reminded_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


CUSTOMER_NAME = {"description": "Null if you may not see the customer (any more).", "example": "Example Trading Ltd"}


class ListedFollowUpView(FollowUpView):
    """A follow-up in a list."""

    customer_name = fields.String(required=True, allow_none=True, metadata=CUSTOMER_NAME)


class FollowUpSearch(OfFollowUps, PageRequest):
    """Which follow-ups to list."""

    of = fields.String(
        load_default="me",
        validate=validate.OneOf(["me", "everybody"]),
        metadata={"description": "`everybody`: also colleagues', with customers that you see.", "example": "me"},
    )
    customer_id = fields.UUID(load_default=None, metadata={"description": "Only with this customer."})
    state = fields.String(load_default="open", validate=validate.OneOf(FOLLOW_UP_STATES), metadata={"example": "open"})
    due = fields.String(
        load_default=None,
        validate=validate.OneOf(["overdue", "today", "next"]),
        metadata={
            "description": "`overdue` until now, `today` for the rest of the day, `next` from tomorrow on.",
            "example": "today",
        },
    )
    utc_offset = fields.Integer(
        load_default=0,
        validate=validate.Range(-720, 840),
        metadata={"description": "Minutes east of Greenwich, which tell when your day ends.", "example": 480},
    )


class ReminderView(Schema):
    """A line in your inbox: a follow-up has come due, or a customer goes back to its pool."""

    class Meta:
        """Whose fields these are."""

        resource = REMINDERS

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": REMINDER_KINDS, "example": "follow_up"})
    follow_up_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null if it is about the pool of the customer."}
    )
    customer_id = fields.UUID(required=True)
    customer_name = fields.String(required=True, allow_none=True, metadata=CUSTOMER_NAME)
    due_at = Instant(required=True)
    note = fields.String(required=True, allow_none=True, metadata={"example": "Send the quotation"})
    unread = fields.Boolean(required=True)
    reminded_at = Instant(required=True)
    read_at = Instant(required=True, allow_none=True)


InteractionPage = page_of(InteractionView)
ListedInteractionPage = page_of(ListedInteractionView)
FollowUpPage = page_of(ListedFollowUpView)
ReminderPage = page_of(ReminderView)

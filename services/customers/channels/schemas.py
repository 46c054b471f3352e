"""What goes into and comes out of channels."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant
from contracts.channels import CHANNELS
from services.customers.channel_book import KINDS, STATES
from services.customers.channels.numbers import LINES
from services.customers.fields import Day, Flag, Line
from services.customers.schemas import ALLOW_DUPLICATE

SOURCES = ("call", "mail", "meeting", "form", "signature", "import", "website", "other")
"""Where somebody knows a channel from."""


class OfChannels(Schema):
    """A payload about channels."""

    class Meta:
        """Whose fields these are."""

        resource = CHANNELS


def _primary(**options: Any) -> Flag:
    return Flag(metadata={"description": "Whether it is the one to use first.", "example": True}, **options)


def _label(**options: Any) -> Line:
    return Line(30, allow_none=True, metadata={"description": "Such as work or home.", "example": "work"}, **options)


class NewChannel(OfChannels):
    """A way to reach somebody."""

    contact_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Whose it is, if not the customer's own."}
    )
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "mobile"})
    value = Line(
        300,
        required=True,
        metadata={
            "description": "A number with the code of its country (a local one is read as in the customer's country), "
            "a mail address, the address of a site, or the name that somebody has with a messenger.",
            "example": "+49 151 23456789",
        },
    )
    label = _label(load_default=None)
    primary = _primary(load_default=False)
    source = fields.String(load_default="other", validate=validate.OneOf(SOURCES), metadata={"example": "call"})
    allow_duplicate = Flag(load_default=False, metadata=ALLOW_DUPLICATE)


class ChannelChange(OfChannels):
    """What is known of it now; fields that are not given stay as they are."""

    label = _label()
    primary = Flag(
        validate=validate.Equal(True),
        metadata={"description": "True makes it the primary one; the one before stays beside.", "enum": [True]},
    )
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "verified"})
    allow_duplicate = Flag(load_default=False, metadata=ALLOW_DUPLICATE)


class ChannelView(OfChannels):
    """A way to reach a customer or a contact."""

    id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null of the customer's own."})
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "mobile"})
    value = fields.String(required=True, metadata={"example": "+4915123456789"})
    label = fields.String(required=True, allow_none=True, metadata={"example": "work"})
    primary = fields.Boolean(required=True, metadata={"example": True})
    state = fields.String(
        required=True,
        metadata={
            "enum": STATES,
            "description": "Stale ones are history: wrong, or right once.",
            "example": "verified",
        },
    )
    verified_at = Instant(required=True, allow_none=True)
    verified_by = fields.UUID(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True, metadata={"enum": [*SOURCES, None], "example": "call"})
    since = Day(required=True, allow_none=True, metadata={"description": "When it came.", "example": "2026-01-31"})
    until = Day(
        required=True, allow_none=True, metadata={"description": "Since when it is stale.", "example": "2026-06-30"}
    )
    region = fields.String(
        required=True, allow_none=True, metadata={"description": "Of a number: its country.", "example": "DE"}
    )
    carrier = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Whose network the number was given out for.", "example": "Telekom"},
    )
    line = fields.String(
        required=True, allow_none=True, metadata={"enum": [*LINES.values(), None], "example": "mobile"}
    )


class ChannelsView(NoRecord):
    """All ways to reach a customer and its contacts."""

    customer_id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"description": "Of the customer.", "example": 1})
    items = fields.List(fields.Nested(ChannelView), required=True)

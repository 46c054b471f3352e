"""What goes into and comes out of unsubscribing."""

from marshmallow import EXCLUDE, Schema, fields

from chassis.paging import PageRequest, page_of
from contracts.campaigns import UNSUBSCRIPTIONS
from services.campaigns.field_types import Instant, MailAddress, Text


class OfUnsubscriptions(Schema):
    """A payload about unsubscriptions."""

    class Meta:
        """Whose fields these are."""

        resource = UNSUBSCRIPTIONS


class OneClick(Schema):
    """What mail programs send to unsubscribe (RFC 8058)."""

    class Meta:
        """Mail programs may send further fields."""

        unknown = EXCLUDE

    one_click = fields.String(
        load_default="", data_key="List-Unsubscribe", metadata={"example": "One-Click", "maxLength": 1000}
    )


class NewUnsubscription(Schema):
    """Somebody who wants no more marketing mail."""

    address = MailAddress(required=True, metadata={"example": "purchasing@example.com"})
    note = Text(
        500,
        load_default=None,
        allow_none=True,
        metadata={"description": "How we know.", "example": "Said so on the phone"},
    )


class LiftOrder(Schema):
    """Why somebody may be written to again."""

    note = Text(500, required=True, metadata={"description": "How we know.", "example": "Asked for the newsletter"})


class UnsubscriptionSearch(PageRequest):
    """Which unsubscriptions to list."""

    standing = fields.Boolean(
        load_default=None,
        allow_none=True,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Only those that stand, or only those that were lifted.", "example": True},
    )


class UnsubscriptionView(OfUnsubscriptions):
    """Somebody who wants, or wanted, no more marketing mail."""

    id = fields.UUID(required=True)
    address = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null when it had to be erased.", "example": "purchasing@example.com"},
    )
    source = fields.String(required=True, metadata={"enum": ["link", "manual"], "example": "link"})
    note = fields.String(required=True, allow_none=True, metadata={"example": None})
    campaign_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    lifted_at = Instant(required=True, allow_none=True)
    lifted_by = fields.UUID(required=True, allow_none=True)
    lift_note = fields.String(required=True, allow_none=True, metadata={"example": None})


UnsubscriptionPage = page_of(UnsubscriptionView)

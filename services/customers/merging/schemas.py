"""What goes into and comes out of merges."""

from marshmallow import Schema, fields, validate

from chassis.fields import Instant
from chassis.paging import page_of
from contracts.customers import MERGES
from services.customers.fields import Flag
from services.customers.merging.choosing import CHOICES
from services.customers.merging.models import SERVICES, STATES

MOST = 1_000
"""Customers that go into another one at once."""

EXAMPLE = "01900000-0000-7000-8000-000000000001"


class MergeOrder(Schema):
    """Which customers go into this one, and from whom the fields come."""

    class Meta:
        """It names records and fields; the function asks what the caller may do with them."""

        resource = None

    losers = fields.List(
        fields.UUID(metadata={"example": EXAMPLE}), required=True, validate=validate.Length(min=1, max=MOST)
    )
    values_from = fields.Dict(
        keys=fields.String(validate=validate.OneOf(CHOICES), metadata={"enum": CHOICES}),
        values=fields.UUID(),
        load_default=dict,
        validate=validate.Length(max=len(CHOICES)),
        metadata={"description": "By field: the customer whose value it is to have.", "example": {"phone": EXAMPLE}},
    )


class Ack(Schema):
    """That a service has done its part."""

    class Meta:
        """It holds no field of a record."""

        resource = None

    service = fields.String(required=True, metadata={"enum": SERVICES, "example": "tickets"})
    step = fields.Integer(required=True, metadata={"description": "1: merged; 2: taken back.", "example": 1})
    rows = fields.Integer(required=True, metadata={"example": 12})
    at = Instant(required=True)


class MergeView(Schema):
    """A merge, and how far the services are with it."""

    class Meta:
        """Whose fields they are."""

        resource = MERGES

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    survivor_id = fields.UUID(required=True)
    loser_ids = fields.List(fields.UUID(), required=True)
    state = fields.String(required=True, metadata={"enum": STATES, "example": "merging"})
    values_from = fields.Dict(required=True, metadata={"description": "Whose value was chosen.", "example": {}})
    acks = fields.List(fields.Nested(Ack), required=True)
    missing = fields.List(
        fields.String(metadata={"enum": SERVICES, "example": "tickets"}),
        required=True,
        metadata={"description": "Services that have not done their part yet."},
    )
    owner_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Who merged them."})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


MergePage = page_of(MergeView)


class Differing(Schema):
    """A field with several values."""

    class Meta:
        """It holds no value of a field."""

        resource = None

    field = fields.String(required=True, metadata={"enum": CHOICES, "example": "phone"})
    customer_ids = fields.List(fields.UUID(), required=True, metadata={"description": "Who has a value there."})


class Moving(Schema):
    """What would move."""

    class Meta:
        """It holds no field of a record."""

        resource = None

    what = fields.String(required=True, metadata={"example": "contacts"})
    rows = fields.Integer(required=True, metadata={"example": 3})


class MergePreview(Schema):
    """What a merge would do here; what other services would move is not counted."""

    class Meta:
        """It holds no field of a record."""

        resource = None

    customer_id = fields.UUID(required=True)
    differing = fields.List(fields.Nested(Differing), required=True)
    contacts = fields.Integer(required=True, metadata={"description": "How many there would be.", "example": 4})
    fits = Flag(required=True, metadata={"description": "Whether there is room for all contacts.", "example": True})
    moves = fields.List(fields.Nested(Moving), required=True)

"""What goes into and comes out of addresses."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from contracts.channels import ADDRESSES
from services.customers.address_book import KINDS, OTHER
from services.customers.fields import Country, Day, Flag, Line

MOST_LINES, LONGEST_LINE = 3, 98
"""So that together they have room in the field ``address``."""


class OfAddresses(Schema):
    """A payload about addresses."""

    class Meta:
        """Whose fields these are."""

        resource = ADDRESSES


def _lines(*, required: bool = False) -> fields.List:
    inner = Line(LONGEST_LINE, metadata={"example": "1 Harbour Street"})
    said = {"description": "Street and number, building, district; from the smallest on.", "example": ["1 Quay Road"]}
    return fields.List(inner, validate=validate.Length(1, MOST_LINES), metadata=said, required=required)


class AddressChange(OfAddresses):
    """What is to be different; fields that are not given stay as they are, null empties one."""

    kind = fields.String(validate=validate.OneOf(KINDS), metadata={"example": "shipping"})
    lines = _lines()
    city = Line(100, allow_none=True, metadata={"example": "Hamburg"})
    province = Line(100, allow_none=True, metadata={"example": "Hamburg"})
    postcode = Line(20, allow_none=True, metadata={"example": "20457"})
    country = Country(allow_none=True)
    primary = Flag(
        validate=validate.Equal(True),
        metadata={"description": "True makes it the primary one; the one before stays beside.", "enum": [True]},
    )
    since = Day(allow_none=True, metadata={"description": "Its first day.", "example": "2024-03-01"})
    until = Day(allow_none=True, metadata={"description": "Its last day; null while it is right.", "example": None})


class NewAddress(OfAddresses):
    """An address to add."""

    contact_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Whose it is, if not the customer's own."}
    )
    kind = fields.String(load_default=OTHER, validate=validate.OneOf(KINDS), metadata={"example": "shipping"})
    lines = _lines(required=True)
    city = Line(100, load_default=None, allow_none=True, metadata={"example": "Hamburg"})
    province = Line(100, load_default=None, allow_none=True, metadata={"example": "Hamburg"})
    postcode = Line(20, load_default=None, allow_none=True, metadata={"example": "20457"})
    country = Country(load_default=None, allow_none=True)
    primary = Flag(load_default=False, metadata={"description": "Whether it is the one to use first.", "example": True})
    since = Day(load_default=None, allow_none=True, metadata={"description": "Its first day.", "example": "2024-03-01"})
    until = Day(load_default=None, allow_none=True, metadata={"description": "Its last day.", "example": None})


class AddressView(OfAddresses):
    """An address of a customer or contact. Null stands for what is not known, and for what the caller may not read."""

    id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null of the customer's own."})
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "shipping"})
    primary = fields.Boolean(required=True, metadata={"example": True})
    lines = fields.List(fields.String(metadata={"example": "1 Harbour Street"}), required=True)
    city = fields.String(required=True, allow_none=True, metadata={"example": "Hamburg"})
    province = fields.String(required=True, allow_none=True, metadata={"example": "Hamburg"})
    postcode = fields.String(required=True, allow_none=True, metadata={"example": "20457"})
    country = fields.String(required=True, allow_none=True, metadata={"example": "Germany"})
    since = Day(required=True, allow_none=True, metadata={"example": "2024-03-01"})
    until = Day(required=True, allow_none=True, metadata={"description": "Its last day.", "example": None})


class AddressesView(NoRecord):
    """All addresses of a customer and its contacts."""

    customer_id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"description": "Of the customer.", "example": 1})
    items = fields.List(fields.Nested(AddressView), required=True)

"""What goes into and comes out of search."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from services.customers.fields import Line
from services.customers.schemas import ContactView, CustomerListed

MOST_HITS, HITS = 50, 10
FOUND_BY = ("name", "pinyin", "initials", "similar", "phone", "email", "registration_number", "external_id")


class Question(Schema):
    """What somebody types."""

    q = Line(
        100,
        required=True,
        metadata={"description": "A part of a name in any script, pinyin, a number, an address.", "example": "lml"},
    )
    limit = fields.Integer(
        load_default=HITS,
        validate=validate.Range(1, MOST_HITS),
        metadata={"description": "How many hits to answer at the most.", "example": 10},
    )


class CustomerFound(CustomerListed):
    """A customer, in brief."""

    class Meta(CustomerListed.Meta):
        """Some of its fields."""

        fields = ("id", "kind", "name", "sector", "country", "city", "owner_id", "in_pool", "pool_id")


class ContactFound(ContactView):
    """A contact, in brief."""

    class Meta(ContactView.Meta):
        """Some of its fields."""

        fields = ("id", "customer_id", "name", "title")


class Hit(NoRecord):
    """A customer, and the contact who was found if it is not the customer itself."""

    customer = fields.Nested(CustomerFound, required=True)
    contact = fields.Nested(ContactFound, required=True, allow_none=True)
    found_by = fields.String(
        required=True,
        metadata={"description": "What fits; `similar` is a guess at a typo.", "enum": FOUND_BY, "example": "initials"},
    )
    score = fields.Float(required=True, metadata={"description": "How well, from 0 to 1.", "example": 0.7})


class Hits(Schema):
    """What was found, the best first."""

    items = fields.List(fields.Nested(Hit), required=True)

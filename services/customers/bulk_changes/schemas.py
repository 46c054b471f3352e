"""What a bulk change is told to do."""

from marshmallow import Schema, fields, validate

from services.customers.changesets.wording import LANGUAGES
from services.customers.fields import Flag, Line, Tags
from services.customers.filters import customer_filter
from services.customers.models import KINDS
from services.customers.schemas import CustomerFields

MAX_IDS = 1_000
CHANGES = ("set", "add_tags", "remove_tags", "owner_id", "to_pool")


class NewValues(CustomerFields):
    """What is to be different in each customer."""

    kind = fields.String(validate=validate.OneOf(KINDS), metadata={"example": "organisation"})


class BulkChange(Schema):
    """Which customers, and what is to be different."""

    filter = customer_filter(
        "A filter tree, as for the list of customers: of those that you see.",
        load_default=None,
        allow_none=True,
    )
    ids = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=MAX_IDS),
        metadata={"description": "Only these customers; with a filter those of them that it lets through."},
    )
    set = fields.Nested(
        NewValues,
        load_default=dict,
        metadata={"description": "New values of fields; null empties one.", "example": {"city": "Hamburg"}},
    )
    add_tags = Tags(load_default=list, metadata={"description": "Tags that each customer is to have."})
    remove_tags = Tags(load_default=list, metadata={"description": "Tags that no customer is to have."})
    owner_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "To whom they go.", "example": None}
    )
    to_pool = Flag(load_default=False, metadata={"description": "Put them into a pool.", "example": False})
    pool_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Into which one; else the first pool for the owner.", "example": None},
    )
    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "New territories"})
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the messages in the result file.", "example": "en"},
    )

"""What goes into and comes out of API keys."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant, Text
from chassis.paging import PageRequest, page_of


class NewApiKey(Schema):
    """A key to make."""

    name = Text(100, required=True, metadata={"description": "What it is for.", "example": "Web shop"})
    role_id = fields.UUID(required=True, metadata={"description": "What the program may do, at most."})
    owner_id = fields.UUID(metadata={"description": "For whom it acts; you by default."})
    expires_at = Instant(
        metadata={"description": "In 90 days by default; at most a year ahead.", "example": "2027-01-31T09:00:00Z"}
    )


class ApiKeyView(NoRecord):
    """An API key, without its secret."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Web shop"})
    prefix = fields.String(
        required=True, metadata={"description": "The key begins with `rp_` and this.", "example": "Ab3dE6gH"}
    )
    owner_id = fields.UUID(required=True)
    role_id = fields.UUID(required=True)
    created_at = Instant(required=True)
    created_by = fields.UUID(required=True)
    expires_at = Instant(required=True)
    last_used_at = Instant(required=True, allow_none=True, metadata={"description": "To the hour."})


class NewApiKeyView(ApiKeyView):
    """A new API key."""

    key = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What the program shows, told only now; null in a replay.",
            "example": "rp_Ab3…",
        },
    )


class ApiKeySearch(PageRequest):
    """Which API keys to list."""

    owner_id = fields.UUID(metadata={"description": "Only those of this person."})


class ApiKeyHash(Schema):
    """The hash of a key."""

    hash = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{64}$"))


class ApiKeyUse(Schema):
    """A key that is in use."""

    id = fields.UUID(required=True)


class ApiKeyOwner(Schema):
    """Whose key it is."""

    id = fields.UUID(required=True)
    owner_id = fields.UUID(required=True)
    expires_at = fields.Float(required=True)
    use_is_noted = fields.Boolean(required=True)


ApiKeyPage = page_of(ApiKeyView)

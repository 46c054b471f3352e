"""What goes into and comes out of sharing."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant
from chassis.paging import page_of
from chassis.sharing.table import GRANTEE_KINDS


class NewShare(Schema):
    """With whom a record is shared, what he may do with it, and how long."""

    grantee_kind = fields.String(
        load_default="user",
        validate=validate.OneOf(GRANTEE_KINDS),
        metadata={"description": "A person, or the members of one team (not of those below it).", "example": "user"},
    )
    grantee_id = fields.UUID(
        required=True,
        metadata={"description": "The id of the person or team.", "example": "01900000-0000-7000-8000-000000000000"},
    )
    may_change = Flag(
        load_default=False, metadata={"description": "Whether he may change it, or only look.", "example": False}
    )
    expires_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "When the share ends by itself; null: not before it is revoked.",
            "example": "2030-01-31T09:00:00Z",
        },
    )


class ShareView(NoRecord):
    """A share of a record."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    record_id = fields.UUID(required=True, metadata={"description": "What is shared."})
    grantee_kind = fields.String(required=True, metadata={"enum": GRANTEE_KINDS, "example": "user"})
    grantee_id = fields.UUID(required=True, metadata={"description": "With whom."})
    may_change = fields.Boolean(required=True, metadata={"example": False})
    expires_at = Instant(required=True, allow_none=True, metadata={"example": "2030-01-31T09:00:00Z"})
    by = fields.UUID(required=True, metadata={"description": "Who shared it, or changed the share last."})
    at = Instant(required=True, metadata={"description": "When he did.", "example": "2026-01-31T09:00:00Z"})


SharePage = page_of(ShareView)

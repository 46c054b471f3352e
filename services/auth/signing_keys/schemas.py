"""What goes into and comes out of the life of signing keys."""

from marshmallow import Schema, fields

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant
from services.auth.models import KeyState


class KeyRotation(Schema):
    """Why the signing key is changed."""

    compromised = Flag(
        metadata={
            "description": "Whether somebody else may have the key: then its tokens are refused at once.",
            "example": False,
        }
    )


class SigningKeyView(NoRecord):
    """A signing key and where it stands."""

    kid = fields.String(required=True, metadata={"description": "Its thumbprint (RFC 7638)."})
    state = fields.String(required=True, metadata={"enum": list(KeyState), "example": "active"})
    created_at = Instant(required=True, metadata={"description": "When it was published."})
    activated_at = Instant(required=True, allow_none=True, metadata={"description": "When it began to sign."})
    retired_at = Instant(required=True, allow_none=True, metadata={"description": "When another one took over."})


class SigningKeys(Schema):
    """The latest signing keys, newest first."""

    keys = fields.List(fields.Nested(SigningKeyView), required=True)

"""What goes into and comes out of logging in, and of the list of sessions."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant
from chassis.paging import page_of
from services.auth.addresses import LONGEST as LONGEST_EMAIL
from services.auth.schemas import present_password


class Login(Schema):
    """Who wants to come in."""

    email = fields.String(
        required=True, validate=validate.Length(1, LONGEST_EMAIL), metadata={"example": "admin@example.com"}
    )
    password = present_password("correct horse battery staple")
    device_token = fields.String(
        validate=validate.Length(1, 200),
        metadata={"description": "What the last log-in on this device has answered.", "example": "Zq3…"},
    )


class Refresh(Schema):
    """A refresh token to change."""

    refresh_token = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"description": "It works once.", "example": "q1W2…"}
    )


class TokenPair(Schema):
    """A pair of tokens."""

    access_token = fields.String(required=True, metadata={"description": "A JWT for the header Authorization."})
    refresh_token = fields.String(required=True, metadata={"description": "Good once, for a new pair."})
    token_type = fields.String(required=True, metadata={"enum": ["Bearer"], "example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Of the access token, in seconds."})


class LoggedIn(TokenPair):
    """A pair of tokens, and what shows that the device is known."""

    device_token = fields.String(
        required=True, metadata={"description": "Opens nothing; keep it on the device and send it along next time."}
    )


class Enrolled(LoggedIn):
    """Tokens for who has set up his first second factor, and his recovery codes."""

    recovery_codes = fields.List(
        fields.String(metadata={"example": "k4mp-77qx-tz2c"}),
        required=True,
        allow_none=True,
        metadata={"description": "Ten codes, told only now."},
    )


class FreshTokenPair(TokenPair):
    """A pair of tokens that is told only now."""

    access_token = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A JWT for the header Authorization. Null in a replay."},
    )
    refresh_token = fields.String(
        required=True, allow_none=True, metadata={"description": "Good once, for a new pair. Null in a replay."}
    )


class SessionView(NoRecord):
    """A log-in on one device."""

    id = fields.UUID(required=True)
    created_at = Instant(required=True)
    last_used_at = Instant(required=True)
    expires_at = Instant(required=True)
    remote_addr = fields.String(
        required=True, allow_none=True, metadata={"description": "Where you logged in.", "example": "192.0.2.7"}
    )
    current = fields.Boolean(required=True, metadata={"description": "Whether this request belongs to it."})


class SessionsToEnd(Schema):
    """Which of your sessions to end."""

    current = Flag(
        load_default=False, metadata={"description": "Also the one that this request belongs to.", "example": False}
    )


SessionPage = page_of(SessionView)

"""What goes into and comes out of choosing a password by a link."""

from marshmallow import Schema, fields, validate

from services.auth.addresses import LONGEST as LONGEST_EMAIL
from services.auth.schemas import new_password


class ForgottenPassword(Schema):
    """Whose password is forgotten."""

    email = fields.String(
        required=True, validate=validate.Length(1, LONGEST_EMAIL), metadata={"example": "rep@example.com"}
    )


class LinkedPassword(Schema):
    """A password, and what allows you to choose it."""

    token = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "What the link has behind `#token=`. It works once.", "example": "q1W2…"},
    )
    password = new_password(required=True)


class DeviceView(Schema):
    """What shows that a device is known."""

    device_token = fields.String(
        required=True, metadata={"description": "Opens nothing; keep it on the device and send it along at log-in."}
    )

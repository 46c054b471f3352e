"""What goes into and comes out of the ways of proving oneself."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Instant, Text
from services.auth.passwords import LONGEST

ALTERNATIVE = {"x-alternative": True}
"""One of several fields of which a request has just one: left out of the example."""


def _totp(**options: Any) -> fields.String:
    metadata = {"description": "The six digits that an authenticator app shows.", "example": "123456"}
    metadata |= {"pattern": "^[0-9]{6}$", **options.pop("metadata", {})}
    return fields.String(validate=validate.Regexp("^[0-9]{6}\\Z"), metadata=metadata, **options)


def _recovery_code() -> fields.String:
    metadata: dict[str, Any] = {"description": "One of the ten on paper.", "example": "k4mp-77qx-tz2c"}
    return fields.String(validate=validate.Length(1, 40), metadata=metadata | ALTERNATIVE)


def _ticket(**options: Any) -> fields.String:
    metadata = {"description": "What logging in has answered.", "example": "q1W2…"}
    return fields.String(validate=validate.Length(1, 200), metadata=metadata, **options)


def _credential(call: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": f"What `navigator.credentials.{call}()` has answered, by its `toJSON()`.",
            "example": {"id": "…", "rawId": "…", "type": "public-key", "response": {}},
        },
    )


def _device_token() -> fields.String:
    metadata = {"description": "What the last log-in on this device has answered.", "example": "Zq3…"}
    return fields.String(validate=validate.Length(1, 200), metadata=metadata)


class PasskeyAnswer(Schema):
    """What a device has answered."""

    ceremony_id = fields.UUID(required=True, metadata={"description": "Which challenge it answers."})
    credential = _credential("get")


class StepUp(Schema):
    """A proof that it is you: exactly one of these."""

    password = fields.String(
        validate=validate.Length(1, LONGEST),
        metadata={"format": "password", "example": "correct horse battery staple"},
    )
    totp = _totp(metadata=ALTERNATIVE)
    passkey = fields.Nested(PasskeyAnswer, metadata=ALTERNATIVE)


class SecondFactor(Schema):
    """The ticket, and exactly one of the proofs."""

    ticket = _ticket(required=True)
    totp = _totp()
    recovery_code = _recovery_code()
    passkey = fields.Nested(PasskeyAnswer, metadata=ALTERNATIVE)
    device_token = _device_token()


class Enrolment(Schema):
    """The ticket that log-in has answered."""

    ticket = _ticket(required=True)


class TotpEnrolment(Enrolment):
    """A first code of the app that is set up."""

    code = _totp(required=True)
    device_token = _device_token()


class PasskeyLogin(PasskeyAnswer):
    """What a device has answered."""

    device_token = _device_token()


class PasskeyAsked(Schema):
    """For what a passkey is asked."""

    ticket = _ticket()


class Ceremony(Schema):
    """A challenge for a device."""

    ceremony_id = fields.UUID(required=True, metadata={"description": "To be sent along with the device's answer."})
    options = fields.Dict(
        required=True,
        metadata={
            "description": "For `navigator.credentials`, by `PublicKeyCredential.parse…OptionsFromJSON()`.",
            "example": {"challenge": "…"},
        },
    )


class NewPasskey(Schema):
    """A passkey to register."""

    ceremony_id = fields.UUID(required=True, metadata={"description": "Which challenge it answers."})
    credential = _credential("create")
    name = Text(100, required=True, metadata={"description": "To tell your passkeys apart.", "example": "Laptop"})


def _codes() -> fields.List[str]:
    return fields.List(
        fields.String(metadata={"example": "k4mp-77qx-tz2c"}),
        required=True,
        allow_none=True,
        metadata={"description": "Ten codes, told only now; null if you have some already, and in a replay."},
    )


class PasskeyEnrolment(NewPasskey):
    """What a new device has answered."""

    ticket = _ticket(required=True)
    device_token = _device_token()


class NewPasskeyView(Schema):
    """A passkey that was registered."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Laptop"})
    created_at = Instant(required=True)
    recovery_codes = _codes()


class PasskeyView(Schema):
    """A passkey of yours."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Laptop"})
    created_at = Instant(required=True)
    last_used_at = Instant(required=True, allow_none=True)


class FactorsView(Schema):
    """What you can prove yourself with beside your password."""

    totp_since = Instant(required=True, allow_none=True, metadata={"description": "Since when you use an app."})
    passkeys = fields.List(fields.Nested(PasskeyView), required=True)
    recovery_codes_left = fields.Integer(required=True, metadata={"example": 10})


class TotpBegun(Schema):
    """What an authenticator app has to know; told only now."""

    secret = fields.String(
        required=True, allow_none=True, metadata={"description": "In base32. Null in a replay.", "example": "JBSWY3DP"}
    )
    uri = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The same for a QR code. Null in a replay.", "example": "otpauth://totp/…"},
    )


class TotpConfirmation(Schema):
    """A first code."""

    code = _totp(required=True)


class RecoveryCodes(Schema):
    """Recovery codes, told only now."""

    recovery_codes = _codes()

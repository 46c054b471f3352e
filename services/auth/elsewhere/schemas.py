"""What goes into and comes out of log-ins with accounts elsewhere."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Flag, Instant, Text

VISIBLE = r"^[!-~]+$"


def _secret(longest: int, description: str, example: str, **options: Any) -> fields.String:
    metadata = {"description": description, "example": example}
    return fields.String(validate=validate.Length(1, longest), metadata=metadata, **options)


def _name(**options: Any) -> Text:
    return Text(100, metadata={"description": "What people see; unique.", "example": "Company account"}, **options)


def _trusted(**options: Any) -> Flag:
    description = "Whether its verified e-mail addresses open the accounts here that have them."
    return Flag(metadata={"description": description, "example": False}, **options)


class NewProvider(Schema):
    """A provider to add."""

    name = _name(required=True)
    issuer = Text(
        300,
        required=True,
        pattern=r"^https?://[!-~]+$",
        metadata={"description": "As the provider writes it.", "example": "https://login.example.com"},
    )
    client_id = Text(200, required=True, pattern=VISIBLE, metadata={"example": "rockpool"})
    client_secret = _secret(500, "Kept sealed, and told to nobody.", "s3cret", required=True)
    trusted = _trusted(load_default=False)


class ProviderChange(Schema):
    """What is to be different; fields that are not given stay as they are."""

    name = _name()
    client_id = Text(200, pattern=VISIBLE, metadata={"example": "rockpool"})
    client_secret = _secret(500, "Kept sealed, and told to nobody.", "s3cret")
    trusted = _trusted()
    active = Flag(metadata={"description": "Whether one can log in with it.", "example": True})


class ProviderView(Schema):
    """A provider."""

    class Meta:
        """It shows no record of people."""

        resource = None

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True, metadata={"example": "Company account"})
    issuer = fields.String(required=True, metadata={"example": "https://login.example.com"})
    client_id = fields.String(required=True, metadata={"example": "rockpool"})
    trusted = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ProviderList(Schema):
    """All providers."""

    class Meta:
        """It shows no record of people."""

        resource = None

    items = fields.List(fields.Nested(ProviderView), required=True)


class ProviderChoice(Schema):
    """A provider to log in with."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Company account"})


class ProviderChoices(Schema):
    """The providers that one can log in with."""

    items = fields.List(fields.Nested(ProviderChoice), required=True)


class BegunAttempt(Schema):
    """Where to go on."""

    attempt = fields.String(
        required=True, allow_none=True, metadata={"description": "Stays in the browser. Null in a replay."}
    )
    url = fields.String(required=True, allow_none=True, metadata={"description": "Of the provider. Null in a replay."})


class Attempt(Schema):
    """What the provider has sent back."""

    attempt = _secret(200, "What beginning has answered.", "q1W2…", required=True)
    state = _secret(200, "From the address of the callback.", "5f3a…", required=True)
    code = _secret(2000, "From the address of the callback.", "SplxlO…", required=True)


class LoginAnswer(Attempt):
    """What the provider has sent back."""

    device_token = _secret(200, "What the last log-in on this device has answered.", "Zq3…")


class IdentityView(Schema):
    """An account elsewhere that opens yours."""

    id = fields.UUID(required=True)
    provider = fields.String(required=True, metadata={"example": "Company account"})
    created_at = Instant(required=True)
    last_used_at = Instant(required=True, allow_none=True)


class IdentityList(Schema):
    """The accounts elsewhere that open yours."""

    items = fields.List(fields.Nested(IdentityView), required=True)

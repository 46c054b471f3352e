"""The kinds of custom fields: what a value of each may be, how it is kept, and what the API says of it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import phonenumbers
from marshmallow import ValidationError

from chassis.fields import ONE_LINE, SOMETHING

Options = Mapping[str, Any]
JsonSchema = dict[str, Any]

LONGEST_LINE, LONGEST_TEXT = 500, 10_000
MOST_CHOICES = 50
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
EMAIL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_])?@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
PHONE = re.compile(r"\+[1-9][0-9 ()./-]{4,30}")

TEXT, LONG_TEXT, NUMERIC, MONEY, PERCENT = "text", "long_text", "number", "money", "percent"
DAY, MOMENT, BOOLEAN = "date", "datetime", "boolean"
CHOICE, CHOICES, REFERENCE = "choice", "choices", "reference"
URL, MAIL, TELEPHONE, FORMULA = "url", "email", "phone", "formula"

NUMBERS = (NUMERIC, MONEY, PERCENT)
TEXTS = (TEXT, LONG_TEXT, URL, MAIL, TELEPHONE)
PRIVATE = (MAIL, TELEPHONE)
"""Always sealed: contact data."""


def load(kind: str, options: Options, value: Any) -> Any:
    """A value as it is kept, in the types of JSON and one form for equal values; raises ValidationError."""
    return LOADERS[kind](options, value)


def schema(kind: str, options: Options) -> JsonSchema:
    """What the API says of a value."""
    made = dict(SCHEMAS[kind])
    if kind == CHOICE:
        made["enum"] = choices(options)
    elif kind == CHOICES:
        made["items"] = {"type": "string", "enum": choices(options)}
    return made


def choices(options: Options) -> list[str]:
    """The codes that can be chosen."""
    return [one["code"] for one in options.get("choices", ()) if one.get("active", True)]


def _text(longest: int, pattern: str) -> Callable[[Options, Any], str]:
    form = re.compile(pattern)

    def loaded(_: Options, value: Any) -> str:
        stripped = _string(value).strip()
        if len(stripped) > longest:
            raise ValidationError(f"Longer than maximum length {longest}.")
        if not form.search(stripped):
            raise ValidationError("Not of the form that is expected.")
        return stripped

    return loaded


def _number(_: Options, value: Any) -> str:
    text = value.strip() if isinstance(value, str) else repr(value) if type(value) in (int, float) else ""
    if not NUMBER.fullmatch(text):
        raise ValidationError("Not a decimal number such as 12.50.")
    plain = format(Decimal(text), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def _day(_: Options, value: Any) -> str:
    try:
        return date.fromisoformat(_string(value)).isoformat()
    except ValueError:
        raise ValidationError("Not a day such as 2026-01-31.") from None


def _moment(_: Options, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(_string(value))
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise ValidationError("Not a time with its zone, such as 2026-01-31T09:00:00Z.") from None


def _boolean(_: Options, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError("Not true or false.")
    return value


def _choice(options: Options, value: Any) -> str:
    if not isinstance(value, str) or value not in choices(options):
        raise ValidationError(f"Must be one of: {', '.join(choices(options))}.")
    return value


def _several(options: Options, value: Any) -> list[str] | None:
    if not isinstance(value, list):
        raise ValidationError("Not a list.")
    chosen = {_choice(options, one) for one in value}
    return [code for code in choices(options) if code in chosen] or None


def _reference(_: Options, value: Any) -> str:
    try:
        return str(UUID(_string(value)))
    except ValueError:
        raise ValidationError("Not a valid UUID.") from None


def _url(options: Options, value: Any) -> str:
    text = _text(LONGEST_LINE, ONE_LINE)(options, value)
    parts = urlsplit(text) if text.isascii() and " " not in text else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValidationError("Not an address that begins with http:// or https://.")
    return text


def _email(_: Options, value: Any) -> str:
    text = _string(value).strip().lower()
    if len(text) > 254 or not EMAIL.fullmatch(text):
        raise ValidationError("Not an e-mail address.")
    return text


def _phone(_: Options, value: Any) -> str:
    text = _string(value).strip()
    try:
        number = phonenumbers.parse(text) if PHONE.fullmatch(text) else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError("Not a telephone number with its country, such as +49 40 123456.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _formula(_: Options, __: Any) -> Any:
    raise ValidationError("It is computed and cannot be written.")


def _string(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValidationError("Not a valid string.")
    return value


LOADERS: dict[str, Callable[[Options, Any], Any]] = {
    TEXT: _text(LONGEST_LINE, ONE_LINE),
    LONG_TEXT: _text(LONGEST_TEXT, SOMETHING),
    NUMERIC: _number,
    MONEY: _number,
    PERCENT: _number,
    DAY: _day,
    MOMENT: _moment,
    BOOLEAN: _boolean,
    CHOICE: _choice,
    CHOICES: _several,
    REFERENCE: _reference,
    URL: _url,
    MAIL: _email,
    TELEPHONE: _phone,
    FORMULA: _formula,
}

KINDS = tuple(LOADERS)

DECIMAL: JsonSchema = {"type": "string", "pattern": f"^{NUMBER.pattern}$", "example": "12.5"}

SCHEMAS: dict[str, JsonSchema] = {
    TEXT: {"type": "string", "minLength": 1, "maxLength": LONGEST_LINE, "pattern": ONE_LINE},
    LONG_TEXT: {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": SOMETHING},
    NUMERIC: DECIMAL,
    MONEY: DECIMAL,
    PERCENT: DECIMAL,
    DAY: {"type": "string", "format": "date"},
    MOMENT: {"type": "string", "format": "date-time"},
    BOOLEAN: {"type": "boolean"},
    CHOICE: {"type": "string"},
    CHOICES: {"type": "array", "maxItems": MOST_CHOICES},
    REFERENCE: {"type": "string", "format": "uuid"},
    URL: {"type": "string", "format": "uri", "maxLength": LONGEST_LINE},
    MAIL: {"type": "string", "format": "email", "maxLength": 254},
    TELEPHONE: {"type": "string", "pattern": f"^{PHONE.pattern}$", "example": "+4940123456"},
    FORMULA: {"type": ["string", "boolean", "null"], "readOnly": True},
}

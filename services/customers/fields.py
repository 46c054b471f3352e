"""The kinds of fields that customers are described with; each says in the description just what it takes."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.fields import ONE_LINE
from services.customers.dictionaries import COUNTRIES, SECTORS
from services.customers.registration import normal_registration_number

MAX_INT32 = 2**31 - 1

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]{{0,62}}[A-Za-z0-9_])?@(?:{LABEL}\.)+[A-Za-z]{{2,24}}$"
WEBSITE_PATTERN = r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[0-9]{1,5})?([/?#][!-~]*)?$"
REVENUE_PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,4})?$"

MAX_TAGS = 30


class Line(fields.String):
    """One line of text that says something; white space around it is dropped."""

    def __init__(
        self, longest: int, *, pattern: str = ONE_LINE, metadata: dict[str, Any] | None = None, **options: Any
    ) -> None:
        said = {"minLength": 1, "maxLength": longest, "pattern": pattern}
        super().__init__(metadata=said | (metadata or {}), **options)
        self._longest = longest
        self._pattern = re.compile(pattern)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **rest)
        if len(text) > self._longest:
            raise ValidationError(f"Longer than maximum length {self._longest}.")
        stripped = text.strip()
        if not self._pattern.search(stripped):
            raise ValidationError("Not of the form that is expected." if stripped else "Must not be blank.")
        return self._normal(stripped)

    def _normal(self, text: str) -> str:
        return text


class Email(Line):
    """An e-mail address, kept in lower case."""

    def __init__(self, metadata: dict[str, Any] | None = None, **options: Any) -> None:
        said = {"example": "sales@example.com"} | (metadata or {})
        super().__init__(254, pattern=EMAIL_PATTERN, metadata=said, **options)

    def _normal(self, text: str) -> str:
        return text.lower()


class Sector(Line):
    """A line of business; words of the dictionary get their proper spelling."""

    def __init__(self, **options: Any) -> None:
        text = "A word of the dictionary, such as software, medical or retail, or another one."
        super().__init__(60, metadata={"description": text, "example": "software"}, **options)

    def _normal(self, text: str) -> str:
        return SECTORS.normal(text)


class Country(Line):
    """A country; every usual name and code of one gets its proper spelling."""

    def __init__(self, **options: Any) -> None:
        text = "By its English or Chinese name or its two-letter code; kept by its English name."
        super().__init__(60, metadata={"description": text, "example": "Germany"}, **options)

    def _normal(self, text: str) -> str:
        return COUNTRIES.normal(text)


class RegistrationNumber(Line):
    """The number of a company in a register; a Chinese one (统一社会信用代码) is checked by its check character."""

    def __init__(self, **options: Any) -> None:
        text = (
            "In the register of its country. A Chinese credit code (统一社会信用代码) must have the right check "
            "character; the number of an identity card is not taken."
        )
        super().__init__(60, metadata={"description": text, "example": "91110000600037341L"}, **options)

    def _normal(self, text: str) -> str:
        try:
            return normal_registration_number(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Revenue(fields.String):
    """An amount in millions of US dollars, as a string, lest a digit is lost."""

    def __init__(self, **options: Any) -> None:
        said = {"description": "Yearly, in millions of US dollars.", "pattern": REVENUE_PATTERN, "example": "12.50"}
        super().__init__(metadata=said, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **rest)).strip()
        if not re.fullmatch(REVENUE_PATTERN, text):
            raise ValidationError("Not a decimal number such as 12.50.")
        return Decimal(text)


class Whole(fields.Integer):
    """A whole number, not something like it."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return super()._deserialize(whole, attr, data, **rest)


class Flag(fields.Boolean):
    """True or false, not something like it; in a query parameter ``true`` or ``false``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        known = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        if not isinstance(known, bool):
            raise self.make_error("invalid", input=value)
        return known


class Instant(fields.DateTime):
    """A point in time; it is left to the encoder, so that commands and queries write it in the same way."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class Day(fields.Date):
    """A day; the encoder writes it."""

    def _serialize(self, value: object, *_: object, **__: object) -> object:  # type: ignore[override]
        return value


class Tags(fields.List[str]):
    """Labels in lower case, each once."""

    def __init__(self, *, least: int | None = None, most: int = MAX_TAGS, **options: Any) -> None:
        inner = Line(50, metadata={"example": "key account"})
        super().__init__(inner, validate=validate.Length(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> list[Any]:
        tags = super()._deserialize(value, attr, data, **rest)
        return list(dict.fromkeys(" ".join(str(tag).lower().split())[:50] for tag in tags))

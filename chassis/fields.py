"""Kinds of fields that payloads of all services have; each says in the description just what it takes."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

MAX_INT32 = 2**31 - 1

ANYTHING = r"^[^\x00]*$"
"""NUL is refused everywhere."""

BLANK = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
r"""White space, spelled out: to Python and to JavaScript ``\s`` is not the same."""

SOMETHING = rf"^[^\x00]*[^\x00{BLANK}][^\x00]*$"
"""Anything but white space alone."""

ONE_LINE = rf"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f{BLANK}][^\x00-\x1f\x7f]*$"
"""Likewise, without control characters."""


class Text(fields.String):
    """A text that says something, of at most so many characters; white space around it is dropped unless ``kept``."""

    def __init__(
        self,
        longest: int,
        *,
        pattern: str = SOMETHING,
        kept: bool = False,
        metadata: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        said = {"minLength": 1, "maxLength": longest, "pattern": pattern}
        super().__init__(metadata=said | (metadata or {}), **options)
        self._longest = longest
        self._kept = kept
        self._pattern = re.compile(pattern)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **rest)
        if len(text) > self._longest:
            raise ValidationError(f"Longer than maximum length {self._longest}.")
        stripped = text.strip()
        if not self._pattern.search(stripped):
            raise ValidationError("Not of the form that is expected." if stripped else "Must not be blank.")
        return self._normal(text if self._kept else stripped)

    def _normal(self, text: str) -> str:
        return text


class Flag(fields.Boolean):
    """True or false, not something like it; in a query parameter ``true`` or ``false``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        known = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        if not isinstance(known, bool):
            raise self.make_error("invalid", input=value)
        return known


class Whole(fields.Integer):
    """A whole number, also if it is written as 5.0: JSON knows no difference; but neither a text nor true."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return super()._deserialize(whole, attr, data, **rest)


class Instant(fields.AwareDateTime):
    """A point in time with its zone (RFC 3339), kept in UTC; the encoder writes it, as it does for queries."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **rest).astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None

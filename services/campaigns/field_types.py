"""Kinds of fields that several payloads of campaigns have."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from chassis.fields import SOMETHING
from chassis.mail.addresses import LONGEST, normalised


class Text(fields.String):
    """A text that says something; white space around it is dropped unless it is ``kept``."""

    def __init__(self, longest: int, *, metadata: dict[str, Any], kept: bool = False, **options: Any) -> None:
        said = {"minLength": 1, "maxLength": longest, "pattern": SOMETHING}
        super().__init__(metadata=said | metadata, **options)
        self._longest, self._kept = longest, kept

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **rest)
        if len(text) > self._longest:
            raise ValidationError(f"Longer than maximum length {self._longest}.")
        if not text.strip():
            raise ValidationError("Must not be blank.")
        return text if self._kept else text.strip()


class MailAddress(fields.String):
    """An e-mail address that can be written to."""

    def __init__(self, *, metadata: dict[str, Any], **options: Any) -> None:
        super().__init__(metadata={"format": "email", "maxLength": LONGEST} | metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **rest)
        if normalised(text) is None:
            raise ValidationError("Not an address that mail can be sent to.")
        return text.strip()


class Instant(fields.AwareDateTime):
    """A point in time with its zone (RFC 3339), kept in UTC; the encoder writes it, as it does for queries."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **rest).astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


class WholeNumber(fields.Integer):
    """A whole number, also if it is written as 5.0: JSON knows no difference; but neither a text nor true."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        number: int = super()._validated(value)
        return number

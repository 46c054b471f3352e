"""What must not stand in a log line: personal data, whatever way it came there."""

import re
from collections.abc import MutableMapping
from typing import Any

LEFT_OUT = "[left out]"

EMAIL = re.compile(r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"\+\d[\d ()/.-]{5,}\d|(?<![\w.-])1[3-9]\d{9}(?![\w-])")
"""Numbers with their country, and mobile numbers as they are written in China; others look like any number."""
VALUES = re.compile(r"(DETAIL:|Failing row contains|Key \([^)]*\)=).*")
"""PostgreSQL quotes the row that it refuses."""
OURS = frozenset({"event", "level", "timestamp", "service", "trace_id", "logger"})


class Redactor:
    """A structlog processor; ``names`` are those of personal fields (``chassis.privacy``)."""

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self._names = names - OURS

    def __call__(self, _: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The line without personal data."""
        return {name: self._redacted(name, value) for name, value in line.items()}

    def _redacted(self, name: str, value: Any) -> Any:
        if name in self._names and value is not None:
            return LEFT_OUT
        if isinstance(value, str):
            return cleaned(value)
        if isinstance(value, dict):
            return {inner: self._redacted(str(inner), one) for inner, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._redacted("", one) for one in value]
        return value if value is None or isinstance(value, int | float) else cleaned(str(value))


def cleaned(text: str) -> str:
    """The text without e-mail addresses, telephone numbers and the values of refused rows."""
    if "@" in text:
        text = EMAIL.sub(LEFT_OUT, text)
    if "(" in text or "DETAIL" in text:
        text = VALUES.sub(rf"\1 {LEFT_OUT}", text)
    return PHONE.sub(LEFT_OUT, text)

"""Trace context (https://www.w3.org/TR/trace-context/): which request a log line, message or problem belongs to."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")

_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def trace_id() -> str | None:
    """The 32 hex digits of the present trace, or None outside of any."""
    return _trace_id.get()


def traceparent() -> str:
    """The header to send along: the present trace, or a new one, with a span of our own."""
    return f"00-{_trace_id.get() or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


@contextmanager
def trace(header: str | None) -> Iterator[str]:
    """Run a block within the trace of a traceparent header; without a valid one a new trace begins."""
    match = TRACEPARENT.fullmatch(header) if header else None
    identifier = match[1] if match else secrets.token_hex(16)
    before = _trace_id.set(identifier)
    try:
        yield identifier
    finally:
        _trace_id.reset(before)

"""One request on its way through the gateway, and the reply to it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

VISIT = "rockpool.visit"
"""The key of the WSGI environment under which the visit travels to Flask's views."""

HAND_OVER = "rockpool.hand_over"
"""The key under which a view leaves a function that takes the final headers, and the connection from the server."""


@dataclass(slots=True)
class Visit:
    """What is known of a request besides its content; grows while it is answered, and ends as a log line."""

    method: str
    path: str
    address: str
    trace_id: str
    traceparent: str
    started: float = field(default_factory=time.perf_counter)
    route: str = "-"
    """The name of the operation, for metrics and log lines: paths hold ids."""
    caller: str | None = None
    """The user id, once a token has proved it."""
    headers: Headers = field(default_factory=list)
    """What the reply shall carry besides its own headers, whatever becomes of the request."""


@dataclass(slots=True)
class Reply:
    """A reply that is ready to be sent."""

    status: int
    headers: Headers
    body: bytes | Iterable[bytes] = b""
    own_policy: bool = False
    """Whether the headers hold a Content-Security-Policy, which then replaces that of the API."""


def address_of(environ: Environ, trusted_proxies: int) -> str:
    """The client's address: the one that the outermost trusted proxy saw, or the peer of the connection."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR") if trusted_proxies else None
    if not forwarded:
        return str(environ.get("REMOTE_ADDR") or "unknown")
    hops = [hop.strip() for hop in forwarded.split(",")]
    return hops[-min(trusted_proxies, len(hops))]

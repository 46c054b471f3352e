"""One request and its answer, free of the transport that carried them."""

import time
from dataclasses import dataclass, field

from chassis.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What travels beside the arguments of a call."""

    token: str | None = None
    deadline: float | None = None
    """Unix time in seconds after which nobody waits any more."""
    traceparent: str | None = None
    idempotency_key: str | None = None
    if_match: str | None = None
    remote_addr: str | None = None
    language: str | None = None
    received_at: float = field(default_factory=time.monotonic)

    def check_deadline(self) -> None:
        """Raises DeadlineExceeded if nobody waits for the answer any more."""
        if self.deadline is not None and time.time() > self.deadline:
            raise DeadlineExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of a call as JSON bytes, or a problem (status ≥ 400)."""

    status: int
    body: bytes
    etag: str | None = None
    replayed: bool = False
    retry_after: int | None = None

    @property
    def failed(self) -> bool:
        """Whether the body is a problem."""
        return self.status >= 400

"""What can go wrong, in one small hierarchy: each error has a slug for programs and an HTTP status for the edge."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict):
    """One complaint about the input: where (JSON pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class Problem(Exception):
    """An error that the caller is told about, in the terms of RFC 9457.

    Services subclass the classes below with a slug and a title of their own; anything else that is raised
    reaches the caller as an anonymous 500.
    """

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"
    status: ClassVar[int] = 500
    members: ClassVar[Mapping[str, Any]] = {}
    """Further members that such a problem has (RFC 9457, 3.2), each with its JSON schema."""

    def __init__(
        self, detail: str | None = None, *, errors: list[FieldError] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors or []
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, Any]:
        """The problem as JSON types, without the members that have no value."""
        problem: dict[str, Any] = {"type": self.slug, "title": self.title, "status": self.status}
        if self.detail:
            problem["detail"] = self.detail
        if self.errors:
            problem["errors"] = self.errors
        return problem


class Malformed(Problem):
    """The request cannot even be read."""

    slug, title, status = "malformed", "The request cannot be read", 400


class Unauthenticated(Problem):
    """Nobody is logged in, or the token is no longer good."""

    slug, title, status = "unauthenticated", "Log in first", 401


class Forbidden(Problem):
    """The caller may not do this to any record at all."""

    slug, title, status = "forbidden", "You may not do this", 403


class StepUpRequired(Forbidden):
    """What is asked for is dangerous, and the session has not proved lately whose it is: `POST /auth/step-up` first."""

    slug, title = "step-up-required", "Prove once more that it is you"


class NotFound(Problem):
    """There is no such record, or none that the caller may see: the answer does not tell which."""

    slug, title, status = "not-found", "There is no such record", 404


class Conflict(Problem):
    """The request is well formed, but a rule of the business refuses it."""

    slug, title, status = "conflict", "The present state does not allow this", 409


class PreconditionFailed(Problem):
    """The record was changed since the caller read it."""

    slug, title, status = "stale", "The record was changed since you read it", 412


class Invalid(Problem):
    """The payload breaks the schema or names things that do not fit together."""

    slug, title, status = "invalid", "The input is not valid", 422

    @classmethod
    def field(cls, pointer: str, detail: str) -> "Invalid":
        """The complaint about one field, ``pointer`` being its JSON pointer."""
        return cls(errors=[{"pointer": pointer, "detail": detail}])


class PreconditionRequired(Problem):
    """A change needs If-Match, so that nobody overwrites what he has not seen."""

    slug, title, status = "if-match-required", "Send If-Match with the ETag of the record", 428


class TooManyRequests(Problem):
    """The caller is over a limit; ``retry_after`` says for how many seconds."""

    slug, title, status = "too-many-requests", "Too many requests", 429


class Unavailable(Problem):
    """Somebody we need does not answer; the same request may work later."""

    slug, title, status = "unavailable", "A part of the suite is not available", 503

    def __init__(self, detail: str | None = None, *, retry_after: int | None = 1, **rest: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **rest)


class DeadlineExceeded(Problem):
    """The time that the caller granted is over; the request was not executed, or its outcome is not known."""

    slug, title, status = "deadline-exceeded", "There was no answer in time", 504

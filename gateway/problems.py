"""Problems as HTTP replies (RFC 9457): the one place that maps errors to the outside."""

from collections.abc import Callable
from typing import Any, ClassVar

import flask
import orjson
import structlog
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from chassis.errors import Malformed, NotFound, Problem
from chassis.requests import Answer
from gateway.visit import VISIT, Headers, Reply, Visit

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
URN = "urn:rockpool:problem:"


class MethodNotAllowed(Problem):
    """The path exists, but not with this method; ``allowed`` are those it has."""

    slug, title, status = "method-not-allowed", "This path does not take that method", 405

    def __init__(self, allowed: list[str]) -> None:
        super().__init__()
        self.allowed = allowed


class NoSuchPath(NotFound):
    """No operation has this path."""

    slug, title = "no-such-path", "Nothing is found under this address"


class ContentTooLarge(Problem):
    """The body is larger than this path takes."""

    slug, title, status = "content-too-large", "The body is too large", 413


class UnsupportedMediaType(Problem):
    """The body is of a kind that this path does not take."""

    slug, title, status = "unsupported-media-type", "The body is of a kind that is not taken here", 415


class RequestTimeout(Problem):
    """The client announced a body and did not send it."""

    slug, title, status = "request-timeout", "The body did not come in time", 408


class HttpProblem(Problem):
    """An error that Flask or werkzeug raised by itself."""

    slug: ClassVar[str] = "http-error"

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.description)
        self.status = error.code or 500  # type: ignore[misc]  # these errors have no class for each status
        self.title = HTTP_STATUS_CODES.get(self.status, "Error")  # type: ignore[misc]
        self.allowed = sorted(getattr(error, "valid_methods", None) or [])


def problem_reply(problem: Problem, visit: Visit) -> Reply:
    """The reply for a problem of our own."""
    return _reply(problem.as_dict(), visit, problem.retry_after, getattr(problem, "allowed", None))


def answered_problem(answer: Answer, visit: Visit) -> Reply:
    """The reply for a problem that a service answered."""
    return _reply({**orjson.loads(answer.body), "status": answer.status}, visit, answer.retry_after)


def unexpected(error: BaseException, visit: Visit) -> Reply:
    """The reply for an error that nobody foresaw: the cause goes to the log, never to the client."""
    log.error("request failed", service="gateway", path=visit.path, exc_info=error)
    return problem_reply(Problem(), visit)


def _reply(problem: dict[str, Any], visit: Visit, retry_after: int | None, allowed: list[str] | None = None) -> Reply:
    status = problem["status"]
    body = orjson.dumps({**problem, "type": URN + problem["type"], "trace_id": visit.trace_id})
    headers: Headers = [("Content-Type", PROBLEM_JSON), ("Content-Length", str(len(body)))]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if allowed:
        headers.append(("Allow", ", ".join(allowed)))
    return Reply(status, headers, body)


def add_to(app: flask.Flask) -> None:
    """Make Flask answer problems for everything that its views raise, and for its own errors."""
    app.register_error_handler(Problem, _with_visit(problem_reply))
    app.register_error_handler(HTTPException, _with_visit(_http_error))


def _http_error(error: HTTPException, visit: Visit) -> Reply:
    if isinstance(error, InternalServerError) and error.original_exception:
        return unexpected(error.original_exception, visit)
    known: dict[int, Callable[[], Problem]] = {400: Malformed, 404: NoSuchPath, 413: ContentTooLarge}
    problem = known[error.code]() if error.code in known else HttpProblem(error)
    return problem_reply(problem, visit)


def _with_visit(render: Callable[[Any, Visit], Reply]) -> Callable[[Any], flask.Response]:
    def handle(error: Any) -> flask.Response:
        return as_flask(render(error, flask.request.environ[VISIT]))

    return handle


def as_flask(reply: Reply) -> flask.Response:
    """A reply as a response of Flask."""
    return flask.Response(reply.body, status=reply.status, headers=reply.headers)

"""The described operations: from an HTTP request to a call on the bus, and from its answer to the reply."""

from typing import Any, Protocol

import orjson

from chassis.bus import BusClient
from chassis.errors import Invalid
from chassis.requests import Answer
from gateway import gathering
from gateway.arguments import arguments_of
from gateway.callers import Callers
from gateway.files import Files, document
from gateway.problems import answered_problem
from gateway.routing import PREFIX, Operation, RouteTable, decoded_path
from gateway.visit import Environ, Headers, Reply, Visit

JSON_HEADER = ("Content-Type", "application/json")
PASSED_ON = (
    ("HTTP_IDEMPOTENCY_KEY", "nameko.idempotency_key"),
    ("HTTP_IF_MATCH", "nameko.if_match"),
    ("HTTP_ACCEPT_LANGUAGE", "nameko.language"),
)


class Routed(Protocol):
    """Whoever knows the present routes."""

    routes: RouteTable


class Operations:
    """Answers requests for what the services describe."""

    def __init__(self, known: Routed, bus: BusClient, callers: Callers, files: Files) -> None:
        self._known, self._bus, self._callers, self._files = known, bus, callers, files

    def reply(self, visit: Visit, environ: Environ) -> Reply | None:
        """The reply to a request; None if no service describes its path. Raises problems of the gateway's own."""
        if not visit.path.startswith(PREFIX):
            return None
        found = self._known.routes.match(decoded_path(environ), visit.method)
        if found is None:
            return None
        operation, parameters = found
        visit.route = operation.label
        token = self._callers.admit(visit, environ, public=operation.public)
        arguments = arguments_of(operation, parameters, environ)
        headers = context_headers(visit, environ, token)
        if operation.parts:
            refuse_more_than(parameters, arguments)
            return gathering.reply(self._bus, operation, parameters, headers, visit)
        answer = self._bus.call(
            operation.service, operation.method, arguments, timeout=operation.timeout, headers=headers
        )
        return self._answered(operation, answer, visit, environ)

    def allowed(self, path: str) -> list[str]:
        """The methods that a path takes; empty if no service describes it."""
        return self._known.routes.allowed(path)

    def _answered(self, operation: Operation, answer: Answer, visit: Visit, environ: Environ) -> Reply:
        if answer.failed:
            return answered_problem(answer, visit)
        if operation.answer == "json":
            return _json(answer)
        result: dict[str, Any] = orjson.loads(answer.body)
        return self._files.download(result, environ) if operation.answer == "file" else document(result, answer.status)


def refuse_more_than(parameters: dict[str, str], arguments: dict[str, Any]) -> None:
    """A page that is gathered takes nothing but its path: no service would see what else was given."""
    unknown = sorted(arguments.keys() - parameters.keys())
    if unknown:
        raise Invalid(errors=[{"pointer": f"/{name}", "detail": "Unknown field."} for name in unknown])


def context_headers(visit: Visit, environ: Environ, token: str | None) -> dict[str, str]:
    """What travels beside the arguments."""
    headers = {"nameko.traceparent": visit.traceparent, "nameko.remote_addr": visit.address}
    if token:
        headers["nameko.token"] = token
    for name, header in PASSED_ON:
        value = environ.get(name)
        if value is not None:
            headers[header] = value
    return headers


def _json(answer: Answer) -> Reply:
    """The answer as it came: its bytes are not looked at."""
    headers: Headers = []
    if answer.etag:
        headers.append(("ETag", answer.etag))
    if answer.replayed:
        headers.append(("Idempotency-Replayed", "true"))
    if answer.retry_after is not None:
        headers.append(("Retry-After", str(answer.retry_after)))
    if answer.status == 204:
        return Reply(204, headers)
    headers += (JSON_HEADER, ("Content-Length", str(len(answer.body))))
    return Reply(answer.status, headers, answer.body)

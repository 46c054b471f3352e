"""Pages of several services: all parts are asked for at once, and what does not come is named."""

from collections.abc import Mapping
from typing import Any

import orjson

from chassis.bus import BusClient
from chassis.errors import DeadlineExceeded, Problem
from chassis.pending_calls import PendingCall
from chassis.requests import Answer
from gateway.problems import answered_problem
from gateway.routing import Operation, Part
from gateway.visit import Reply, Visit

UNAUTHENTICATED, FORBIDDEN = 401, 403


class PartFailed(Exception):
    """A part without which there is no page was refused; ``answer`` is the refusal."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def reply(
    bus: BusClient, operation: Operation, arguments: Mapping[str, Any], headers: Mapping[str, str], visit: Visit
) -> Reply:
    """The page; the error of a required part, or that nobody is logged in, is the error of the page."""
    pending = [(part, _ask(bus, part, arguments, headers)) for part in operation.parts]
    came: list[bytes] = []
    missing: list[dict[str, str]] = []
    try:
        for part, call in pending:
            content, reason = _part(part, call)
            came.append(orjson.dumps(part.name) + b":" + content)
            if reason:
                missing.append({"part": part.name, "reason": reason})
    except PartFailed as failed:
        return answered_problem(failed.answer, visit)
    body = b"{" + b",".join(came) + b',"missing":' + orjson.dumps(missing) + b"}"
    return Reply(200, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)


def _ask(bus: BusClient, part: Part, arguments: Mapping[str, Any], headers: Mapping[str, str]) -> PendingCall:
    given = {**arguments, **part.arguments}
    return bus.submit(part.service, part.method, given, timeout=part.timeout, headers=headers)


def _part(part: Part, call: PendingCall) -> tuple[bytes, str | None]:
    """The part as JSON, or null and why it is missing."""
    try:
        answer = call.result()
    except Problem as problem:
        if part.required:
            raise
        return b"null", "timeout" if isinstance(problem, DeadlineExceeded) else "unavailable"
    if not answer.failed:
        return answer.body or b"null", None
    if part.required or answer.status == UNAUTHENTICATED:
        raise PartFailed(answer)
    reasons = {FORBIDDEN: "forbidden", DeadlineExceeded.status: "timeout"}
    return b"null", reasons.get(answer.status, "unavailable")

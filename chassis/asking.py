"""Asking another service in the middle of a request: rare, never inside of a transaction, always with a time-out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

from chassis.context import request_of, settings_of
from chassis.errors import Unavailable
from chassis.pending_calls import RemoteProblem
from chassis.requests import Answer

ANSWERED_WITHIN_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """A call of an operation of another service, on behalf of the person behind the token."""

    service: str
    operation: str
    arguments: dict[str, Any]
    token: str | None
    asked_by: str
    """The service that asks."""


def _nobody(_: str, __: Question) -> Answer:
    raise Unavailable("This process cannot ask other services")


_ask: Callable[[str, Question], Answer] = _nobody


def use(ask: Callable[[str, Question], Answer]) -> None:
    """Called by the host: how this process asks, over the broker at an address."""
    global _ask  # noqa: PLW0603  # one process, one host
    _ask = ask


def ask(session: Session, service: str, operation: str, arguments: dict[str, Any]) -> Any:
    """What another service answers to whoever is asking here; raises RemoteProblem, Unavailable, DeadlineExceeded."""
    question = Question(
        service=service,
        operation=operation,
        arguments=arguments,
        token=request_of(session).token,
        asked_by=session.info["service"],
    )
    answer = _ask(settings_of(session).amqp_url, question)
    if answer.failed:
        raise RemoteProblem(answer)
    return orjson.loads(answer.body)

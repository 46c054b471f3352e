"""Calls over the bus while they are under way, and what ends them: an answer, a refusal, or the deadline."""

import itertools
import time
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from prometheus_client import Counter

from chassis.errors import DeadlineExceeded, Problem, Unavailable
from chassis.requests import Answer

calls = Counter("rockpool_bus_calls_total", "Calls over the bus by outcome.", ["service", "method", "outcome"])


class RemoteProblem(Problem):
    """A problem that a service answered, with the slug, title and status that it has there."""

    def __init__(self, answer: Answer) -> None:
        problem = orjson.loads(answer.body)
        super().__init__(problem.get("detail"), errors=problem.get("errors"), retry_after=answer.retry_after)
        self.slug, self.title, self.status = problem["type"], problem["title"], answer.status  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The counters of one method."""

    answered: Counter
    late: Counter
    unavailable: Counter

    @classmethod
    def of(cls, service: str, method: str) -> "Outcomes":
        """The counters of a method; made once, because finding them costs more than counting."""
        return cls(*(calls.labels(service, method, outcome) for outcome in ("answered", "late", "unavailable")))


class PendingCall:
    """A call under way; ``result`` waits for its answer."""

    __slots__ = ("_answer", "_error", "_on_done", "_settled", "_table", "deadline", "key", "outcomes")

    def __init__(
        self, table: "PendingCalls", key: str, outcomes: Outcomes, timeout: float, on_done: "OnDone | None"
    ) -> None:
        self._table = table
        self.key = key
        self._answer: Answer | None = None
        self._error: Problem | None = None
        self._on_done = on_done
        self._settled = allocate_lock()
        self._settled.acquire()
        self.outcomes = outcomes
        self.deadline = time.monotonic() + timeout

    @property
    def done(self) -> bool:
        """Whether there is an answer or an error."""
        return self._answer is not None or self._error is not None

    def result(self) -> Answer:
        """The answer, which may be a problem; raises DeadlineExceeded or Unavailable if there is none."""
        if not self.done and not self._settled.acquire(timeout=max(self.deadline - time.monotonic(), 0)):
            self._table.expire(self)
            if not self.done:
                # The thread of the connection took it a moment before us and is about to settle it.
                self._settled.acquire()
        if self._error is not None:
            raise self._error
        assert self._answer is not None
        return self._answer

    def settle(self, answer: Answer | None, error: Problem | None = None) -> None:
        """End the wait; only for whoever took the call out of the table of pending calls."""
        self._answer, self._error = answer, error
        self._settled.release()
        if self._on_done is not None:
            self._on_done(self)


OnDone = Callable[[PendingCall], None]


class PendingCalls:
    """The calls under way by their correlation id; whoever takes one out ends it, so that it ends once."""

    def __init__(self) -> None:
        self._calls: dict[str, PendingCall] = {}
        self._keys = map(str, itertools.count(1))
        self._outcomes: dict[tuple[str, str], Outcomes] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def begin(self, service: str, method: str, timeout: float, on_done: OnDone | None) -> PendingCall:
        """Add a call."""
        outcomes = self._outcomes.get((service, method))
        if outcomes is None:
            outcomes = self._outcomes[service, method] = Outcomes.of(service, method)
        call = PendingCall(self, next(self._keys), outcomes, timeout, on_done)
        self._calls[call.key] = call
        return call

    def answer(self, key: str, headers: Mapping[str, Any], body: bytes) -> None:
        """End a call with what came; one that is not waited for any more is not here."""
        call = self._calls.pop(key, None)
        if call is not None:
            call.outcomes.answered.inc()
            call.settle(answer_of(headers, body))

    def refuse(self, key: str, detail: str) -> None:
        """End a call with Unavailable, if it is still under way."""
        call = self._calls.pop(key, None)
        if call is not None:
            call.outcomes.unavailable.inc()
            call.settle(None, Unavailable(detail))

    def refuse_all(self, detail: str) -> None:
        """End all calls with Unavailable."""
        for key in list(self._calls):
            self.refuse(key, detail)

    def expire(self, call: PendingCall) -> None:
        """End a call with DeadlineExceeded, if it is still under way; an answer that comes later finds nobody."""
        if self._calls.pop(call.key, None) is not None:
            call.outcomes.late.inc()
            call.settle(None, DeadlineExceeded())

    def expire_overdue(self) -> None:
        """End the overdue calls, also those that no thread waits for."""
        now = time.monotonic()
        for call in list(self._calls.values()):
            if call.deadline <= now:
                self.expire(call)


def answer_of(headers: Mapping[str, Any], body: bytes) -> Answer:
    """The answer that a message carries, in the bare form or in nameko's own."""
    status = headers.get("rockpool.status")
    if status is None:
        return _ordinary_answer(orjson.loads(body))
    return Answer(
        status=status,
        body=body,
        etag=headers.get("rockpool.etag"),
        replayed=headers.get("rockpool.replayed") == "true",
        retry_after=headers.get("rockpool.retry_after"),
    )


def _ordinary_answer(answer: dict[str, Any]) -> Answer:
    """What a plain nameko service answers, which does not know of bare answers."""
    if answer.get("error") is None:
        return Answer(status=200, body=orjson.dumps(answer.get("result")))
    problem = Problem(f"{answer['error'].get('exc_type')}: {answer['error'].get('value')}")
    return Answer(status=problem.status, body=orjson.dumps(problem.as_dict()))

"""The client of the bus: calls operations of services over RabbitMQ, in nameko's wire format.

One connection on one thread per process, created after the fork. Any thread may call; it encodes its own request, so
that the thread of the connection only has to move bytes.
"""

import itertools
import threading
import time
import uuid
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pika
import structlog
from pika.channel import Channel
from pika.spec import Basic, BasicProperties
from prometheus_client import Counter

from chassis.broker_connection import BrokerConnection, publish_frame
from chassis.errors import DeadlineExceeded, Problem, Unavailable
from chassis.requests import Answer
from chassis.topology import RPC_EXCHANGE

log = structlog.get_logger()

calls = Counter("rockpool_bus_calls_total", "Calls over the bus by outcome.", ["service", "method", "outcome"])
reconnects = Counter("rockpool_bus_reconnects_total", "Connections to the broker that were lost or refused.")

DEFAULT_TIMEOUT_SECONDS = 5.0
HEARTBEAT_SECONDS = 20
RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
SWEEP_SECONDS = 0.2
NO_HEADERS: Mapping[str, str] = {}

OnConnected = Callable[[Channel], None]


class RemoteProblem(Problem):
    """A problem that a service answered, with the slug, title and status that it has there."""

    def __init__(self, answer: Answer) -> None:
        problem = orjson.loads(answer.body)
        super().__init__(problem.get("detail"), errors=problem.get("errors"), retry_after=answer.retry_after)
        self.slug, self.title, self.status = problem["type"], problem["title"], answer.status  # type: ignore[misc]


class PendingCall:
    """A call under way; ``result`` waits for its answer."""

    __slots__ = ("_answer", "_client", "_error", "_on_done", "_settled", "deadline", "key", "outcomes")

    def __init__(self, client: "BusClient", outcomes: "Outcomes", timeout: float) -> None:
        self._client = client
        self._answer: Answer | None = None
        self._error: Problem | None = None
        self._on_done: Callable[[PendingCall], None] | None = None
        self._settled = allocate_lock()
        self._settled.acquire()
        self.outcomes = outcomes
        self.deadline = time.monotonic() + timeout
        self.key = ""

    @property
    def done(self) -> bool:
        """Whether there is an answer or an error."""
        return self._answer is not None or self._error is not None

    def result(self) -> Answer:
        """The answer, which may be a problem; raises DeadlineExceeded or Unavailable if there is none."""
        if not self.done and not self._settled.acquire(timeout=max(self.deadline - time.monotonic(), 0)):
            self._client.expire(self)
        if self._error is not None:
            raise self._error
        assert self._answer is not None
        return self._answer

    def when_done(self, callback: Callable[["PendingCall"], None]) -> None:
        """Have a function called once the call is done; it runs in the thread of the connection and must be quick."""
        self._on_done = callback
        if self.done:
            callback(self)

    def settle(self, answer: Answer | None, error: Problem | None = None) -> None:
        """End the wait; only for whoever took the call out of the table of pending calls."""
        self._answer, self._error = answer, error
        self._settled.release()
        if self._on_done is not None:
            self._on_done(self)

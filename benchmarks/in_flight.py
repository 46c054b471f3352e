"""A lean client of the bus: keeps a number of calls in flight and counts the answers."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from chassis.bus import BusClient, PendingCall
from chassis.errors import Problem


def calls_per_second(
    bus: BusClient, service: str, method: str, arguments: Mapping[str, Any], *, in_flight: int, seconds: float
) -> float:
    """Answers per second while ``in_flight`` calls are always under way; raises what the first failed call raised."""
    run = _Run(bus, service, method, arguments)
    began = time.perf_counter()
    run.until = began + seconds
    for _ in range(in_flight):
        run.call()
    run.finished.wait(seconds + 10)
    if run.failure:
        raise run.failure
    return run.answered / (run.last_answer - began)


def wait_for(bus: BusClient, service: str, method: str, arguments: Mapping[str, Any], seconds: float = 30) -> None:
    """Until a service answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            bus.call_json(service, method, arguments, timeout=2)
            return
        except Problem:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


class _Run:
    """Each answer starts the next call, in the thread of the connection: the client hardly costs anything."""

    def __init__(self, bus: BusClient, service: str, method: str, arguments: Mapping[str, Any]) -> None:
        self._bus, self._what = bus, (service, method, arguments)
        self.until = 0.0
        self.answered = 0
        self.last_answer = 0.0
        self.under_way = 0
        self.failure: Exception | None = None
        self.finished = threading.Event()

    def call(self) -> None:
        self.under_way += 1
        self._bus.submit(*self._what, on_done=self._done)

    def _done(self, call: PendingCall) -> None:
        self.under_way -= 1
        self.last_answer = time.perf_counter()
        try:
            self.failure = self.failure or _failure_of(call)
        finally:
            self.answered += 1
        if self.last_answer < self.until and not self.failure:
            self.call()
        elif not self.under_way:
            self.finished.set()


def _failure_of(call: PendingCall) -> Exception | None:
    try:
        answer = call.result()
    except Problem as problem:
        return problem
    return RuntimeError(answer.body.decode()) if answer.failed else None

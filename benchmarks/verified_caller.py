"""What it costs a service to know who calls and what he may: an operation for all, and one for those permitted."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from benchmarks.bench import Bench
from benchmarks.echo.service import RIGHT, EchoService
from benchmarks.report import Measured
from chassis.identity import tokens
from chassis.ids import new_id
from chassis.requests import Request
from chassis.testing.tested import Person, TestedService

CALLS, IN_A_ROW = 200, 50
MOST = 150
"""Microseconds."""
TEXT = {"text": "x" * 100}

Contestant = Callable[[], object]


def measure(bench: Bench) -> Iterator[Measured]:
    """Processor time of a call with the token that the caller has shown before, and with one that is new."""
    service = TestedService(EchoService, bench.servers.settings(EchoService, "verified_caller"))
    try:
        person = service.person("Caller", {RIGHT: "all"}, [service.team("Team")])
        anybody, known, new = _medians(service, person)
    finally:
        service.close()
    yield _figure("verifying a caller, by a token shown before", known - anybody, at_most=MOST)
    yield _figure("verifying a caller, by a new token", new - anybody, at_most=None)


def _figure(name: str, microseconds: float, at_most: float | None) -> Measured:
    detail = "processor time that a call takes longer than the same call without a caller"
    return Measured(figure=name, value=microseconds, unit="µs", detail=detail, at_most=at_most)


def _medians(service: TestedService, person: Person) -> list[float]:
    """Microseconds of one call: of anybody, of somebody known, and of somebody whose token is new each time."""
    units = service.runtime.units()
    anybody = partial(units["echo"].answer, Request(), TEXT)
    known = partial(units["echo_to_some"].answer, Request(token=person.token), TEXT)
    new = iter([_request(service, person) for _ in range(CALLS)])
    contestants: Mapping[Contestant, int] = {
        anybody: IN_A_ROW,
        known: IN_A_ROW,
        lambda: units["echo_to_some"].answer(next(new), TEXT): 1,
    }
    times: dict[Contestant, list[float]] = {one: [] for one in contestants}
    for _ in range(CALLS):
        for contestant, in_a_row in contestants.items():
            began = time.process_time()
            for _ in range(in_a_row):
                contestant()
            times[contestant].append((time.process_time() - began) / in_a_row * 1e6)
    return [statistics.median(seen) for seen in times.values()]


def _request(service: TestedService, person: Person) -> Request:
    return Request(token=tokens.issue(service.signing_key, user_id=person.id, session_id=new_id()))

"""What the unit of work adds to the function that it calls: token, rights, answer; in one process, without a bus."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.bench import Bench
from benchmarks.filled import Filled
from benchmarks.report import Measured
from chassis.requests import Request
from services.customers import queries

CALLS, IN_A_ROW = 200, 10


def measure(bench: Bench) -> Iterator[Measured]:
    """The same query for one customer, called by the unit of work and called directly, in turn."""
    filled = Filled(bench, bench.plan.few)
    try:
        whole, direct = _medians(partial(_through_unit, filled), partial(_directly, filled))
    finally:
        filled.close()
    detail = f"{whole:.0f} µs of CPU, of which {direct:.0f} µs for the query"
    yield Measured(figure="unit of work to its query alone", value=whole / direct, unit="×", detail=detail)


def _medians(*contestants: Callable[[int], object]) -> list[float]:
    """Microseconds of CPU in one call of each."""
    times: list[list[float]] = [[] for _ in contestants]
    for number in range(CALLS):
        for contestant, seen in zip(contestants, times, strict=True):
            began = time.process_time()
            for _ in range(IN_A_ROW):
                contestant(number)
            seen.append((time.process_time() - began) / IN_A_ROW * 1e6)
    return [statistics.median(seen) for seen in times]


def _through_unit(filled: Filled, number: int) -> object:
    customer_id = str(filled.ids[number % len(filled.ids)])
    return filled.units["get_customer"].answer(Request(token=filled.manager.token), {"customer_id": customer_id})


def _directly(filled: Filled, number: int) -> object:
    with filled.database.reading() as session:
        session.info.update(filled.context)
        return queries.get_customer(session, filled.manager.caller, filled.ids[number % len(filled.ids)])

"""The same calls on a small and on a large database: the cost must not grow with the number of customers."""

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg2

from benchmarks.bench import Bench
from benchmarks.customer_rows import Holder, fill
from benchmarks.report import Measured
from chassis.requests import Request
from chassis.testing.tested import Person, TestedService
from services.customers.service import CustomersService

TEAMS, REPS = 3, 4
MANAGER = {"customers:read": "team_tree", "customers:claim": "all"}
MOST = 1.3
WORDS = ("motors", "iris gl", "0000123", "江南")
"""What is searched for: in many names, in some, in one, in another script."""
WARM_UP, TURNS = 20, 150
NUMBERED = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers) AS numbered WHERE place %% %s = 0
"""

Call = Callable[[int], None]


def measure(bench: Bench) -> Iterator[Measured]:
    """Each call is made on both in turn, through the unit of work, as a manager who reaches his teams' customers."""
    small, large = (_Filled(bench, count) for count in (bench.plan.few, bench.plan.many))
    try:
        for name in small.calls:
            yield _compared(bench, name, small.calls[name], large.calls[name])
    finally:
        small.close()
        large.close()


def _compared(bench: Bench, name: str, small: Call, large: Call) -> Measured:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + TURNS):
        for call, seconds in zip((small, large), times, strict=True):
            began = time.perf_counter()
            call(number)
            seconds.append(time.perf_counter() - began)
    few, many = (statistics.median(seconds[WARM_UP:]) * 1000 for seconds in times)
    return Measured(
        figure=f"{name}, {bench.plan.many:,} to {bench.plan.few:,}",
        value=many / few,
        unit="×",
        detail=f"{many:.1f} ms to {few:.1f} ms",
        at_most=MOST,
    )


class _Filled:
    """A database of so many customers, and the calls on it."""

    def __init__(self, bench: Bench, count: int) -> None:
        settings = bench.servers.settings(CustomersService, f"customers_{count}")
        self._tested = TestedService(CustomersService, settings)
        self._units = self._tested.runtime.units()
        self._manager, holders = self._people()
        fill(settings.database_url, count, holders)
        self._ids = _some_ids(settings.database_url, count)
        self.calls: dict[str, Call] = {
            "get": lambda number: self._call("get_customer", customer_id=str(self._ids[number % len(self._ids)])),
            "list": lambda _: self._call("find_customers", limit="50"),
            "list by name": lambda _: self._call("find_customers", limit="50", sort="name"),
            "next page": self._next_page(),
            "search": lambda number: self._call("find_customers", limit="50", q=WORDS[number % len(WORDS)]),
        }

    def close(self) -> None:
        """Close all connections."""
        self._tested.close()

    def _people(self) -> tuple[Person, list[Holder]]:
        top = self._tested.team("Sales")
        manager = self._tested.person("Manager", MANAGER, [top])
        holders = [Holder(manager.id, top)]
        for number in range(TEAMS):
            team = self._tested.team(f"Team {number}", parent=top)
            reps = [self._tested.person("Rep", {"customers:read": "team"}, [team]) for _ in range(REPS)]
            holders += [Holder(rep.id, team) for rep in reps]
        return manager, holders

    def _next_page(self) -> Call:
        cursor = json.loads(self._call("find_customers", limit="200"))["next_cursor"]
        return lambda _: self._call("find_customers", limit="50", cursor=cursor)

    def _call(self, operation: str, **arguments: str) -> Any:
        answer = self._units[operation].answer(Request(token=self._manager.token), arguments)
        if answer.failed:
            raise RuntimeError(answer.body.decode())
        return answer.body


def _some_ids(url: str, count: int) -> Sequence[UUID]:
    """Ids from all over the table."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(NUMBERED, (count // TURNS,))
        found = [row[0] for row in cursor]
    connection.close()
    return found

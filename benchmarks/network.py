"""The network around a customer: ego networks of three hops among 200,000 relations, with hubs among them."""

import io
import random
import statistics
import time
from collections.abc import Iterator
from uuid import UUID

import psycopg2

from benchmarks.bench import Bench
from benchmarks.filled import Filled
from benchmarks.report import Measured
from chassis.ids import new_id
from chassis.requests import Request
from chassis.testing.tested import Person

CUSTOMERS, RELATIONS = 100_000, 200_000
HOPS = "3"
MOST_MILLISECONDS = 100.0
WARM_UP, TURNS = 20, 300
KINDS = ("partner_of", "supplier_of", "competitor_of", "customer_of")
STAMP = "2026-01-01T00:00:00Z"


def measure(bench: Bench) -> Iterator[Measured]:
    """Ego networks of three hops through the unit of work, of customers as they are related: of hubs more often."""
    filled = Filled(bench, CUSTOMERS)
    try:
        chance = random.Random(RELATIONS)
        ids = _relate(filled, chance)
        asked = [ids[_skewed(chance)] for _ in range(WARM_UP + TURNS)]
        everything = {"customers:read": "all"}
        callers = {
            "somebody who sees everything": filled.person("Analyst", everything, [], None),
            "a manager who sees his teams'": filled.person("Manager", {"customers:read": "team_tree"}, _teams(filled)),
        }
        for name, caller in callers.items():
            times, sizes = _times(filled, caller, asked)
            yield Measured(
                figure=f"ego network of {HOPS} hops, p95, for {name}, {RELATIONS:,} relations",
                value=statistics.quantiles(times, n=20)[-1],
                unit="ms",
                detail=f"median {statistics.median(times):.1f} ms, {statistics.mean(sizes):.0f} bytes on average",
                at_most=MOST_MILLISECONDS,
            )
    finally:
        filled.close()


def _teams(filled: Filled) -> list[UUID]:
    return list(filled.manager.caller.teams)


def _times(filled: Filled, caller: Person, asked: list[UUID]) -> tuple[list[float], list[int]]:
    """Milliseconds and bytes of each answer; who does not see a customer is told so, which counts for nothing."""
    times, sizes = [], []
    for customer_id in asked:
        arguments = {"customer_id": str(customer_id), "hops": HOPS, "limit": "500"}
        began = time.perf_counter()
        answer = filled.units["customer_network"].answer(Request(token=caller.token), arguments)
        if answer.status == 200:
            times.append((time.perf_counter() - began) * 1000)
            sizes.append(len(answer.body))
    return times[WARM_UP:], sizes[WARM_UP:]


def _relate(filled: Filled, chance: random.Random) -> list[UUID]:
    """Fill the table of relations; answers the customers, those with most relations first."""
    url = filled.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers ORDER BY md5(id::text)")
        ids = [UUID(row[0]) for row in cursor]
        lines = "".join(
            f"{new_id()}\t1\t{STAMP}\t{STAMP}\t{ids[a]}\t{ids[b]}\t{kind}\n" for a, b, kind in _pairs(chance)
        )
        columns = "id, version, created_at, updated_at, from_id, to_id, kind"
        cursor.copy_expert(f"COPY relations ({columns}) FROM STDIN", io.StringIO(lines))
        cursor.execute("ANALYZE relations")
    connection.close()
    return ids


def _pairs(chance: random.Random) -> set[tuple[int, int, str]]:
    pairs: set[tuple[int, int, str]] = set()
    while len(pairs) < RELATIONS:
        first, second = _skewed(chance), chance.randrange(CUSTOMERS)
        if first != second:
            pairs.add((first, second, chance.choice(KINDS)))
    return pairs


def _skewed(chance: random.Random) -> int:
    """A place in the list of customers, the first ones far more often."""
    return int(CUSTOMERS * chance.random() ** 4)

"""One customer, and a list of 50, through the gateway: against a plain Flask app that has no bus behind it."""

import json
from collections.abc import Iterator
from functools import partial
from urllib.request import Request, urlopen

import psycopg2

from benchmarks import http_load
from benchmarks.bench import Bench
from benchmarks.customer_rows import fill
from benchmarks.floors.plain_flask import THREADS
from benchmarks.http_load import Load, Seen
from benchmarks.report import Measured
from benchmarks.rounds import compared
from benchmarks.suite import RunningSuite
from chassis.settings import Settings
from chassis.testing.processes import environment_of
from devservers.ports import free_port, wait_until

CONNECTIONS = 16
LIST = "/api/v1/customers?limit=50"
ASKED_FOR = 200
"""So many different customers are asked for in turn."""


def measure(bench: Bench) -> Iterator[Measured]:
    """Throughput of both, with the same client, the same number of threads, the same rows and the same rights."""
    with bench.suite.running() as suite:
        settings = bench.suite.settings["customers"]
        fill(settings, bench.plan.few, suite.holders)
        plain = _plain_app(suite, settings)
        ones = [f"/api/v1/customers/{customer_id}" for customer_id in _some_ids(settings.database_url)]
        for figure, paths in (("GET /customers/{id} to plain Flask", ones), ("list of 50 to plain Flask", [LIST])):
            _check_same_answers(suite, plain, paths[0])
            yield _figure(bench, suite, plain, figure, paths)


def _figure(bench: Bench, suite: RunningSuite, plain: int, figure: str, paths: list[str]) -> Measured:
    seen: dict[int, Seen] = {}

    def contestant(port: int) -> float:
        seen[port] = http_load.run(Load(port, paths, suite.token(), CONNECTIONS, bench.plan.seconds))
        return seen[port].per_second

    contestants = {"gateway": partial(contestant, suite.port), "plain": partial(contestant, plain)}
    rates = compared(contestants, bench.plan.rounds)
    ours, theirs = seen[suite.port], seen[plain]
    detail = (
        f"{rates['gateway']:,.0f}/s to {rates['plain']:,.0f}/s; p50 {ours.p50_ms:.0f} to {theirs.p50_ms:.0f} ms, "
        f"p99 {ours.p99_ms:.0f} to {theirs.p99_ms:.0f} ms"
    )
    return Measured(figure=figure, value=rates["gateway"] / rates["plain"], unit="×", detail=detail, at_least=0.6)


def _plain_app(suite: RunningSuite, settings: Settings) -> int:
    """Start the plain app; its port."""
    port = free_port()
    words = (
        "--worker-class",
        "gthread",
        "--threads",
        str(THREADS),
        "--keep-alive",
        "75",
        "--bind",
        f"127.0.0.1:{port}",
    )
    suite.processes.run("gunicorn", *words, "benchmarks.floors.plain_flask:create_app()", **environment_of(settings))
    wait_until(lambda: _answers(port), "the plain app", 20)
    return port


def _answers(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/", timeout=2)
    except OSError as error:
        return getattr(error, "code", 0) == 404
    return True


def _some_ids(url: str) -> list[str]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers ORDER BY id LIMIT %s", (ASKED_FOR,))
        found = [row[0] for row in cursor]
    connection.close()
    return found


def _check_same_answers(suite: RunningSuite, plain: int, path: str) -> None:
    """Only the same answer is a fair comparison."""
    bodies = []
    for port in (suite.port, plain):
        request = Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {suite.token()}"})
        with urlopen(request, timeout=10) as answer:
            bodies.append(json.load(answer))
    if bodies[0] != bodies[1]:
        names = sorted(name for name in {**bodies[0], **bodies[1]} if bodies[0].get(name) != bodies[1].get(name))
        raise AssertionError(f"{path}: the gateway and the plain app answer differently: {', '.join(names)}")

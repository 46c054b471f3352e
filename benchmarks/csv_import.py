"""The CSV import, as a job from its start to its end, against COPY of the same rows into a table with such indexes."""

import csv
import io
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

import psycopg2

from benchmarks.bench import Bench
from benchmarks.customer_rows import COLUMNS, copy_into, rows, sealed
from benchmarks.report import Measured
from benchmarks.rounds import compared
from benchmarks.suite import RunningSuite
from chassis.settings import Settings
from devservers.ports import wait_until

FIELDS = ("name", "sector", "country", "city", "address", "website", "phone", "email", "employees", "revenue")
ROUNDS = 2
LONGEST_SECONDS = 600


def measure(bench: Bench) -> Iterator[Measured]:
    """Rows per second of both; each import gets names that nobody has yet."""
    settings = bench.suite.settings["customers"]
    with bench.suite.running() as suite:
        lines = list(rows(bench.plan.rows, suite.holders))
        numbers = iter(range(ROUNDS + 1))
        ours = partial(_imported_per_second, suite, lines, numbers)
        rates = compared({"import": ours, "copy": partial(_copied_per_second, settings, lines)}, ROUNDS)
    detail = f"{rates['import']:,.0f} rows/s to {rates['copy']:,.0f} rows/s, {bench.plan.rows:,} rows"
    yield Measured(figure="CSV import to COPY", value=rates["import"] / rates["copy"], unit="×", detail=detail)


def _imported_per_second(suite: RunningSuite, lines: list[str], numbers: Iterator[int]) -> float:
    file = suite.upload(_as_csv(lines, next(numbers)))
    job = suite.call("POST", "/customers/import", {"file": file})["job_id"]
    path = f"/jobs/customers/{job}"
    wait_until(lambda: suite.call("GET", path)["state"] not in ("queued", "running"), "the import", LONGEST_SECONDS)
    seen = suite.call("GET", path)
    if seen["state"] != "done" or seen["result"]["created"] != len(lines):
        raise RuntimeError(f"the import ended as {seen}")
    started, finished = (datetime.fromisoformat(seen[name]) for name in ("started_at", "finished_at"))
    return len(lines) / (finished - started).total_seconds()


def _as_csv(lines: list[str], number: int) -> bytes:
    """The rows as a file; the number makes names, telephone numbers and addresses new."""
    places = [COLUMNS.index(name) for name in FIELDS]
    phone, email = FIELDS.index("phone"), FIELDS.index("email")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for line in lines:
        cells = [line.split("\t")[place] for place in places]
        cells[0], cells[phone], cells[email] = (
            f"{cells[0]} {number}",
            f"{cells[phone]}{number}",
            f"{number}{cells[email]}",
        )
        writer.writerow(cells)
    return text.getvalue().encode()


def _copied_per_second(settings: Settings, lines: list[str]) -> float:
    connection = psycopg2.connect(settings.database_url.replace("+psycopg2", ""))
    stored = list(sealed(settings, lines))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE customers INCLUDING ALL)")
        began = time.perf_counter()
        with connection, connection.cursor() as cursor:
            copy_into(cursor, "copied", iter(stored))
        return len(lines) / (time.perf_counter() - began)
    finally:
        connection.close()

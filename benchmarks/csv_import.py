"""The CSV import as a job, from its start to its end, against COPY of the rows that it leaves into tables like these.

Processor time is that of the service's processes until the last event is published; the database's is not counted.
"""

import statistics
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.bench import Bench
from benchmarks.import_rows import as_csv
from benchmarks.imported_tables import ImportedTables
from benchmarks.report import Measured
from benchmarks.suite import RunningSuite
from devservers.ports import wait_until

TO_COPY, PER_CORE = 0.25, 3_000.0
ROUNDS, MANY = 3, 100_000
"""So many rows are imported only once."""
WARM_UP = 2_000
SLOWEST = 100
"""Rows per second; with less, something is wrong."""

Job = dict[str, Any]


class Round(NamedTuple):
    """Seconds that it took."""

    imported: float
    copied: float
    processor: float


def measure(bench: Bench) -> Iterator[Measured]:
    """Import and copy, round by round; then the last file once more, and the way back."""
    rows = bench.plan.rows
    rounds = 1 if rows >= MANY else ROUNDS
    tables = ImportedTables(bench.suite.settings["customers"])
    with bench.suite.running() as suite:
        importing = Importing(suite, tables)
        importing.round(as_csv(WARM_UP, seed=rounds))
        yield from _figures(rows, [importing.round(as_csv(rows, seed)) for seed in range(rounds)])
        yield importing.again(as_csv(rows, rounds - 1))
        yield importing.undo()


def _figures(rows: int, rounds: list[Round]) -> Iterator[Measured]:
    middle = Round(*(statistics.median(seconds) for seconds in zip(*rounds, strict=True)))
    yield Measured(
        figure="CSV import to COPY",
        value=statistics.median(one.copied / one.imported for one in rounds),
        unit="×",
        detail=f"{rows / middle.imported:,.0f} rows/s to {rows / middle.copied:,.0f} rows/s, {rows:,} rows",
        at_least=TO_COPY,
    )
    yield Measured(
        figure="CSV import, per core",
        value=rows / middle.processor,
        unit="/s",
        detail=f"{middle.processor / rows * 1e6:.0f} µs of the processor for a row, its event sent",
        at_least=PER_CORE,
    )


class Importing:
    """Imports by the manager; none of them enters whom another one has."""

    def __init__(self, suite: RunningSuite, tables: ImportedTables) -> None:
        self._suite = suite
        self._tables = tables
        self._before = tables.content()
        self._last: Job = {}

    def round(self, file: bytes) -> Round:
        """One import, and the copy of what it leaves; raises RuntimeError if rows are not accounted for."""
        self._before = self._tables.content()
        spent = self._suite.processes.processor_seconds("customers")
        self._last = done = self._imported(file)
        wait_until(self._tables.all_events_sent, "the last event", done["total"] / SLOWEST + 60)
        processor = self._suite.processes.processor_seconds("customers") - spent
        if sum(done["result"][name] for name in ("created", "updated", "skipped", "failed")) != done["total"]:
            raise RuntimeError(f"the import ended as {done}")
        return Round(_seconds(done), self._tables.seconds_to_copy(done["id"]), processor)

    def again(self, file: bytes) -> Measured:
        """The last file once more; raises RuntimeError if that enters anybody."""
        done = self._imported(file)
        if done["result"]["created"]:
            raise RuntimeError(f"the same file again ended as {done}")
        detail = f"{done['result']['skipped']:,} skipped, {done['result']['failed']:,} failed"
        return Measured(figure="the same file again", value=_rate(done), unit="/s", detail=detail)

    def undo(self) -> Measured:
        """The last import undone; raises RuntimeError if the tables about customers are not as before it."""
        self._suite.step_up()
        job = self._suite.call("POST", f"/change-sets/{self._last['id']}/undo", {})
        done = self._done(job["job_id"], self._last["total"])
        if self._tables.content() != self._before:
            raise RuntimeError(f"the tables are not as they were, though the undo ended as {done}")
        return Measured(figure="undo of an import", value=_rate(done), unit="/s", detail=f"{done['total']:,} customers")

    def _imported(self, file: bytes) -> Job:
        job = self._suite.call("POST", "/customers/import", {"file": self._suite.upload(file)})
        return self._done(job["job_id"], file.count(b"\n"))

    def _done(self, job_id: str, rows: int) -> Job:
        """The job, once it has ended; raises RuntimeError if it was not done."""
        path = f"/jobs/customers/{job_id}"
        still = ("queued", "running")
        wait_until(lambda: self._suite.call("GET", path)["state"] not in still, "a job", rows / SLOWEST + 60, 0.5)
        job: Job = self._suite.call("GET", path)
        if job["state"] != "done":
            raise RuntimeError(f"a job ended as {job}")
        return job


def _rate(job: Job) -> float:
    return float(job["total"] / _seconds(job))


def _seconds(job: Job) -> float:
    started, finished = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    return (finished - started).total_seconds()

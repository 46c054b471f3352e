"""Taking customers out as a CSV file or a workbook, as a job that asks anew for each chunk whether it still may."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import exports, jobs
from chassis.blobs import BlobStore
from chassis.clock import now
from chassis.context import blobs_of
from chassis.custom_fields.defined import Definitions, custom_fields_of
from chassis.errors import Invalid, Problem
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, Access
from chassis.jobs import JobCancelled, JobPostponed, JobRun
from chassis.tables import PartedFile
from chassis.timers import DueTimer, set_timer
from chassis.workbook_files import MAX_ROWS
from contracts.customers import CUSTOMERS
from services.customers import pool_hiding, sight
from services.customers.listing import FILTERABLE, LISTED, list_customers
from services.customers.queries import filtering, searched
from services.customers.schemas import XLSX

JOB, DROP_TIMER = "run_export", "drop_export"

EXPORT = "customers:export"

CHUNK = 300
"""Rows in one transaction: far less than a second's work, after which the person may have lost the right."""

SLICE_SECONDS = 5.0
"""How long one export keeps other jobs waiting."""

NUMBERS = ("version", "employees", "revenue", "established_year")
"""Columns that are numbers in a workbook."""

FILES_KEPT_FOR = exports.REVIEWED / 4


def export_customers(
    session: Session, caller: Caller, *, filter: Any, columns: Sequence[str], format: str
) -> dict[str, UUID]:
    """Export customers into a CSV file or a workbook, in the background.

    The file has the customers that you may both see and export, oldest first, and of their fields what you may read.
    The export stops when you lose the permission, your session ends or your account is closed; look at the job for
    progress. Its file is kept for a week. Who exported what, and how much, is on record.
    """
    if filter is not None:
        filtering(session, caller, filter)(FILTERABLE)
    chosen = _chosen(session, caller, columns)
    job_id = jobs.enqueue(session, caller, JOB, {"filter": filter, "columns": chosen, "format": format}, needs=EXPORT)
    exports.begin(session, job_id, caller.user_id, "customers", chosen, filter)
    return {"job_id": job_id}


def _chosen(session: Session, caller: Caller, columns: Sequence[str]) -> list[str]:
    """The columns of the file: those that were asked for, else all that the caller can read something in."""
    custom = custom_fields_of(session).of(CUSTOMERS)
    accesses = {name: [_access(caller, name, own=own) for own in (True, False)] for name in LISTED if name != CUSTOM}
    accesses |= {
        one.name: [custom.access(caller.field_rules, one, own=own) for own in (True, False)]
        for one in custom.by_key.values()
    }
    readable = [name for name, of_either in accesses.items() if max(of_either) > Access.HIDDEN]
    for place, name in enumerate(columns):
        if name not in readable:
            raise Invalid.field(f"/columns/{place}", f"Can export {', '.join(readable)}.")
    return list(dict.fromkeys(columns)) or readable


def run_export(run: JobRun) -> dict[str, Any]:
    """Write the file, chunk by chunk; see ``export_customers``."""
    with run.chunk() as session:
        exporting = _Export(run, blobs_of(session))
    with exports.on_record(run):
        try:
            exporting.write()
            return exporting.finished()
        except (JobCancelled, Problem):
            exporting.discard()
            raise


class _Export:
    """One attempt at the job."""

    def __init__(self, run: JobRun, blobs: BlobStore) -> None:
        self._run = run
        self._columns: list[str] = run.input["columns"]
        self._file = PartedFile(blobs, run.id, self._columns)
        self._at: dict[str, Any] = run.checkpoint or {"parts": 0, "cursor": None, "more": True}

    def write(self) -> None:
        """Write the parts that are missing; for a while only, lest other jobs wait."""
        begun = time.monotonic()
        while self._at["more"]:
            with self._run.chunk() as session:
                self._write_part(session)
            if self._at["more"] and time.monotonic() - begun > SLICE_SECONDS:
                raise JobPostponed

    def finished(self) -> dict[str, Any]:
        """The result of the job: only now there is something to fetch."""
        self._run.admitted(EXPORT)
        name = f"customers-{now():%Y-%m-%d}"
        if self._run.input.get("format") == XLSX and self._run.done <= MAX_ROWS:
            file = self._file.finish_workbook(self._at["parts"], f"{name}.xlsx", NUMBERS)
        else:
            file = self._file.finish(self._at["parts"], f"{name}.csv")
        with self._run.transaction() as session:
            set_timer(session, DROP_TIMER, str(self._run.id), now() + FILES_KEPT_FOR, {"file": file["file"]})
            exports.finish(session, self._run.id, exports.DONE)
        return {"rows": self._run.done, "columns": self._columns, **file}

    def discard(self) -> None:
        """Leave nothing of it but the note of what was read."""
        self._file.discard(self._at["parts"] + 1)

    def _write_part(self, session: Session) -> None:
        caller = self._run.admitted(EXPORT)
        caller.require(sight.READ)
        tree, cursor = self._run.input["filter"], self._at["cursor"]
        chosen = searched(session, caller, tree)
        paths = sight.paths_of_both(caller, EXPORT)
        page = list_customers(session, paths, q=None, filter=chosen, sort="created_at", limit=CHUNK, cursor=cursor)
        rows = pool_hiding.withhold(session, caller, page)["items"]
        custom = custom_fields_of(session).of(CUSTOMERS)
        self._file.write_lines(self._at["parts"], (_line(caller, custom, self._columns, row) for row in rows))
        more = page["next_cursor"] is not None
        at = {"parts": self._at["parts"] + 1, "cursor": page["next_cursor"], "more": more}
        exports.count(session, self._run.id, self._run.done + len(rows))
        self._run.save(session, done=self._run.done + len(rows), checkpoint=at)
        self._at = at


def drop_file(session: Session, timer: DueTimer) -> None:
    """Delete the file of an export that is a week old."""
    blobs_of(session).delete(timer.payload["file"])


def _line(caller: Caller, custom: Definitions, columns: list[str], row: dict[str, Any]) -> list[object]:
    own, secret = row["owner_id"] == caller.user_id, row.get("withheld", ())
    custom.reduce(row[CUSTOM], caller.field_rules, own=own, secret=secret)
    added = {f"{CUSTOM}.{key}": value for key, value in row[CUSTOM].items()}
    plain = (
        shown(caller, CUSTOMERS, name, row[name], own=own, secret=name in secret) if name in row else added.get(name)
        for name in columns
    )
    return [_cell(value) for value in plain]


def _cell(value: Any) -> object:
    """The value as it stands in the file."""
    return "; ".join(value) if isinstance(value, list) else value.isoformat() if hasattr(value, "isoformat") else value


def _access(caller: Caller, name: str, *, own: bool) -> Access:
    return caller.access(CUSTOMERS, name, own=own)

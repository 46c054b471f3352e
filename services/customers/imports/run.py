"""The job that imports a file: enter the rows, set the parent companies, write the result file.

Each step saves how far it is in the transaction of what it has done, so a job that dies with its process goes on where
it was. A dry run takes the same steps and notes the same outcomes, but stores nothing else.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.blobs import BlobStore
from chassis.context import blobs_of
from chassis.custom_fields.defined import Definitions, custom_fields_of
from chassis.custom_fields.texts import YEAR_FIRST
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.errors import Invalid, Problem
from chassis.identity.caller import Caller
from chassis.jobs import JobCancelled, JobRun
from chassis.offload import ahead
from chassis.tables import ResultFile, Row, Table, open_upload, read_table
from services.customers import parents
from services.customers.changesets import keeping, ledger
from services.customers.changesets.models import IMPORT
from services.customers.imports import headings, linking, memory, permitted, standing, vcards
from services.customers.imports.added import AddedReader, defined
from services.customers.imports.drafting import NewCustomer
from services.customers.imports.entering import Entry
from services.customers.imports.failures import FailedRows
from services.customers.imports.reading import Reader, Reading
from services.customers.terms.resolving import Known, known_terms

CHUNK = 1_000
"""Rows in one transaction."""
PART = 5_000
"""Rows in one part of the result file."""
OUTCOME_COLUMNS = ("status", "code", "message")
MAX_SUGGESTIONS = 100
ENTER, LINK, DONE = "enter", "link", "done"
BEFORE_THERE_WAS_A_CHOICE = {"on_new": "create", "language": "en", "day_order": YEAR_FIRST}
"""What orders meant that were given to an earlier version."""


def run_import(run: JobRun) -> dict[str, Any]:
    """Import a file; see ``start.import_customers``."""
    if run.checkpoint and run.checkpoint["step"] == DONE:
        settle(run)
        return dict(run.checkpoint["result"])
    with run.chunk() as session:
        custom_fields_of(session).refresh()
        blobs, vault = blobs_of(session), vault_of(session)
        custom = defined(session)
    with read_table(open_upload(blobs, run.input["file"], run.started_by), also=(vcards.as_csv,)) as table:
        importing = _Import(run, table, blobs, vault, custom)
        try:
            importing.enter_rows()
            importing.link_rows()
            return importing.report()
        except (JobCancelled, Problem):
            settle(run)
            raise


def columns_of(table: Table, order: dict[str, Any], caller: Caller, custom: Definitions) -> dict[str, str]:
    """The column of each field: as told, or by the names of the columns if nothing is told.

    Raises Invalid, and ReadOnlyField for what the caller may not write.
    """
    mapping = order["mapping"]
    table.require(set(mapping.values()), "/mapping")
    columns = mapping or headings.called_so(table.header, permitted.accesses(caller, custom), custom)
    if "id" not in order["match_on"]:
        columns = {name: heading for name, heading in columns.items() if name != "id"}
    if not order.get("source_system"):
        columns = {name: heading for name, heading in columns.items() if name != "external_id"}
    permitted.check_columns(caller, custom, columns)
    if "name" not in columns and order["on_new"] == "create":
        raise Invalid.field("/mapping/name", "No column is said to hold the name.")
    return columns


def settle(run: JobRun) -> None:
    """Keep what is needed to undo it; of a rehearsal nothing."""
    if run.input["dry_run"]:
        keeping.forget(run, run.id)
    else:
        keeping.settle(run)


class _Import:
    """One attempt at the job."""

    def __init__(self, run: JobRun, table: Table, blobs: BlobStore, vault: Vault, custom: Definitions) -> None:
        self._custom = custom
        self._run = run
        self._table = table
        self._blobs = blobs
        self._vault = vault
        self._order = BEFORE_THERE_WAS_A_CHOICE | run.input
        self._dry = bool(run.input["dry_run"])
        self._at: dict[str, Any] = run.checkpoint or {"step": ENTER, "after": 0, "suggestions": []}
        self._planned: dict[UUID, UUID] | None = None

    def enter_rows(self) -> None:
        """The first step: new customers, and changes of those that are there."""
        if self._at["step"] != ENTER:
            return
        columns = columns_of(self._table, self._order, self._caller(), self._custom)
        self._begin(columns)
        reader = Reader(self._order, columns, AddedReader(self._custom, self._order))
        with self._run.chunk() as session:
            known = known_terms(session)
        chunks = self._table.chunks(CHUNK, start=self._at["after"])
        for readings in ahead(self._read(reader, known, rows) for rows in chunks):
            last = readings[-1].number
            with self._run.chunk() as session:
                self._enter(session, readings)
                self._note_suggestions(readings)
                self._save(session, step=ENTER, after=last, done=last)
        with self._run.chunk() as session:
            self._save(session, step=LINK, after=0, done=self._table.row_count)

    def _begin(self, columns: dict[str, str]) -> None:
        if self._run.checkpoint is None and not self._dry:
            with self._run.chunk() as session:
                if self._order["mapping"]:
                    memory.remember(session, self._caller(), self._table.header, columns)
                keeping.begin(session, self._run.id, self._run.started_by, IMPORT)
                self._save(session, step=ENTER, after=0, done=0)

    def link_rows(self) -> None:
        """The second step: parent companies."""
        more = True
        while more:
            with self._run.chunk() as session:
                more = self._link(session)

    def report(self) -> dict[str, Any]:
        """The last step: the result of the job, with its file."""
        file = ResultFile(self._blobs, self._run.id, self._table.header, OUTCOME_COLUMNS)
        failed = FailedRows(self._blobs, self._run.id, self._table.header, self._order["language"])
        parts = 0
        try:
            for parts, rows in enumerate(self._table.chunks(PART), 1):
                with self._run.chunk() as session:
                    said = ledger.said(session, self._run.id, rows[0].number, rows[-1].number)
                file.write_part(parts - 1, ((row, said[row.number]) for row in rows))
                failed.write_part(parts - 1, rows, said)
        except JobCancelled:
            file.discard(parts)
            failed.discard(parts)
            raise
        written = file.finish(parts, "customers-dry-run.csv" if self._dry else "customers.csv")
        written |= failed.finish(parts)
        with self._run.chunk() as session:
            result = self._result(session) | written
            self._run.save(session, done=self._table.row_count, checkpoint={"step": DONE, "result": result})
        settle(self._run)
        return result

    def _read(self, reader: Reader, known: Known, rows: list[Row]) -> list[Reading]:
        readings = [reader.read(row) for row in rows]
        for reading in readings:
            standing.find_terms(known, reading, self._order["language"])
            if not reading.failed and reading.name_key:
                reading.new = NewCustomer(self._vault, reading)
        return readings

    def _enter(self, session: Session, readings: list[Reading]) -> None:
        entry = Entry(session, self._caller(), self._run.id, self._order)
        outcomes = entry.decide(readings)
        if not self._dry:
            entry.store()
        ledger.write(session, self._run.id, outcomes)

    def _link(self, session: Session) -> bool:
        """Link some rows; False if there are none left."""
        if not self._dry:
            parents.lock(session)
        rows = ledger.waiting_for_parents(session, self._run.id, self._at["after"], CHUNK)
        if not rows:
            return False
        linking.find_parents(session, self._caller(), rows, self._plans(session), self._order["language"])
        if not self._dry:
            linking.set_parents(session, rows)
        self._save(session, step=LINK, after=rows[-1].number, done=self._run.done)
        return True

    def _plans(self, session: Session) -> dict[UUID, UUID]:
        """The parents that are not stored yet: those of this chunk, in a dry run those of all chunks."""
        if not self._dry:
            return {}
        if self._planned is None:
            self._planned = ledger.planned_parents(session, self._run.id)
        return self._planned

    def _caller(self) -> Caller:
        """Whoever started the import, with the rights that he has now."""
        caller = self._run.caller
        caller.require("customers:import")
        permitted.check_order(caller, self._custom, self._order)
        return caller

    def _note_suggestions(self, readings: list[Reading]) -> None:
        """Count each suggestion, over the whole file."""
        counted = {(s["field"], s["value"], s["suggestion"]): s["rows"] for s in self._at["suggestions"]}
        for suggestion in (one for reading in readings for one in reading.suggestions):
            if suggestion in counted or len(counted) < MAX_SUGGESTIONS:
                counted[suggestion] = counted.get(suggestion, 0) + 1
        names = ("field", "value", "suggestion")
        suggestions = [dict(zip(names, key, strict=True)) | {"rows": rows} for key, rows in counted.items()]
        self._at = self._at | {"suggestions": suggestions}

    def _save(self, session: Session, *, step: str, after: int, done: int) -> None:
        self._at = self._at | {"step": step, "after": after}
        self._run.save(session, done=done, total=self._table.row_count, checkpoint=self._at)

    def _result(self, session: Session) -> dict[str, Any]:
        counts = ledger.counts(session, self._run.id)
        about = {"dry_run": self._dry, "rows": self._table.row_count, "suggestions": self._at["suggestions"]}
        return about | counts

"""The job that changes customers by filter, in the order of their ids; a rehearsal takes back each of its chunks."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from chassis.clock import now
from chassis.context import blobs_of
from chassis.errors import Problem
from chassis.identity.caller import Caller
from chassis.jobs import JobCancelled, JobRun
from chassis.tables import PartedFile
from services.customers import parents, sight
from services.customers.bulk_changes.changing import Changing
from services.customers.bulk_changes.start import NEEDS, TAGS
from services.customers.changesets import keeping, ledger
from services.customers.changesets.ledger import FAILED, SKIPPED, UPDATED, Outcome
from services.customers.changesets.models import BULK_CHANGE
from services.customers.listing import FILTERABLE
from services.customers.models import Customer
from services.customers.queries import searched

CHUNK = 200
FIRST = 20
"""Customers that a rehearsal shows."""
HEADER = ("row", "customer_id", "status", "code", "message")


class Rehearsed(Exception):
    """A chunk of a rehearsal is taken back."""


def run_bulk_change(run: JobRun) -> dict[str, Any]:
    """Change customers; see ``start.bulk_change``."""
    if run.checkpoint and "result" in run.checkpoint:
        _settle(run)
        return dict(run.checkpoint["result"])
    changing = _BulkChange(run)
    try:
        changing.go_through()
        return changing.report()
    except (JobCancelled, Problem):
        _settle(run)
        raise


def _settle(run: JobRun) -> None:
    if run.input["dry_run"]:
        keeping.forget(run, run.id)
    else:
        keeping.settle(run)


class _BulkChange:
    """One attempt at the job."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._order = run.input
        self._dry = bool(run.input["dry_run"])
        self._replaced: list[str] | None = run.input.get("replaced")
        """Tags that all customers lose, whoever sees them (``tags.replacing``)."""
        if run.checkpoint is None:
            with run.chunk() as session:
                self._begin(session)
        self._at: dict[str, Any] = run.checkpoint

    def go_through(self) -> None:
        """All customers that are meant, some in each transaction."""
        while self._at["more"]:
            outcomes = self._rehearsed() if self._dry else None
            with self._run.chunk() as session:
                found = outcomes if outcomes is not None else self._change(session)
                ledger.write(session, self._run.id, found)
                self._save(session, found)

    def report(self) -> dict[str, Any]:
        """The result of the job, with its file."""
        with self._run.chunk() as session:
            blobs, last = blobs_of(session), ledger.last_number(session, self._run.id)
        file, parts = PartedFile(blobs, self._run.id, HEADER), 0
        for first in range(1, last + 1, keeping.ROWS_AT_A_TIME):
            with self._run.chunk() as session:
                rows = ledger.between(session, self._run.id, first, first + keeping.ROWS_AT_A_TIME - 1)
            file.write_lines(parts, rows)
            parts += 1
        written = file.finish(parts, "bulk-change-preview.csv" if self._dry else "bulk-change.csv")
        with self._run.chunk() as session:
            counts = {name: self._at["counts"].get(name, 0) for name in (UPDATED, SKIPPED, FAILED)}
            about = {"dry_run": self._dry, "customers": last, "codes": self._at["codes"], "first": self._at["first"]}
            result = about | counts | written
            self._run.save(session, done=last, total=last, checkpoint={"result": result})
        _settle(self._run)
        return result

    def _begin(self, session: Session) -> None:
        if not self._dry:
            keeping.begin(session, self._run.id, self._run.started_by, BULK_CHANGE)
        until = now()
        total = session.scalar(select(func.count()).where(*self._meant(session, self._caller(), until, None)))
        start: dict[str, Any] = {"after": None, "number": 0, "until": until.isoformat(), "more": True}
        checkpoint = start | {"counts": {}, "codes": {}, "first": []}
        self._run.save(session, done=0, total=total, checkpoint=checkpoint)

    def _rehearsed(self) -> list[Outcome]:
        """What would become of the next chunk."""
        outcomes: list[Outcome] = []
        try:
            with self._run.chunk() as session:
                outcomes = self._change(session)
                raise Rehearsed
        except Rehearsed:
            return outcomes

    def _change(self, session: Session) -> list[Outcome]:
        caller = self._caller()
        if self._order["set"].get("parent_id"):
            parents.lock(session)
        after = self._at["after"] and UUID(self._at["after"])
        query = select(Customer).where(*self._meant(session, caller, self._at["until"], after)).order_by(Customer.id)
        query = query.limit(CHUNK).with_for_update(of=Customer).options(selectinload(Customer.contacts))
        changing = Changing(session, caller, self._run.id, self._order)
        customers = list(session.scalars(query))
        first = self._at["number"] + 1
        outcomes = [changing.change(number, one) for number, one in enumerate(customers, first)]
        self._names = {one.id: one.name for one in customers}
        return outcomes

    def _meant(self, session: Session, caller: Caller, until: Any, after: UUID | None) -> list[Any]:
        """The conditions for the customers that are left: none that was entered since."""
        conditions: list[Any] = [Customer.created_at <= until]
        if self._replaced:
            conditions.append(Customer.tags.overlap(self._replaced))
        else:
            conditions.append(sight.in_sight(caller))
        if self._order["filter"]:
            open_filter = searched(session, caller, self._order["filter"])
            if open_filter:
                conditions.append(open_filter(FILTERABLE))
        if self._order["ids"]:
            conditions.append(Customer.id.in_([UUID(one) for one in self._order["ids"]]))
        return conditions if after is None else [*conditions, Customer.id > after]

    def _save(self, session: Session, outcomes: list[Outcome]) -> None:
        counts, codes = Counter(self._at["counts"]), Counter(self._at["codes"])
        counts.update(one.status for one in outcomes)
        codes.update(note.code for one in outcomes for note in one.notes)
        last = outcomes[-1] if outcomes else None
        self._at = self._at | {
            "after": str(last.customer_id) if last else self._at["after"],
            "number": last.number if last else self._at["number"],
            "more": len(outcomes) == CHUNK,
            "counts": dict(counts),
            "codes": dict(codes),
            "first": (self._at["first"] + [self._shown(one) for one in outcomes[:FIRST]])[:FIRST],
        }
        self._run.save(session, done=self._at["number"], checkpoint=self._at)

    def _shown(self, outcome: Outcome) -> dict[str, Any]:
        assert outcome.customer_id
        return {
            "customer_id": str(outcome.customer_id),
            "name": self._names[outcome.customer_id],
            "status": outcome.status,
            "code": "; ".join(note.code for note in outcome.notes),
            "message": "; ".join(note.message for note in outcome.notes),
        }

    def _caller(self) -> Caller:
        caller = self._run.caller
        caller.require(TAGS if self._replaced else NEEDS)
        return caller

"""The job that takes a change set back: first the changes, then the customers that were entered, the last one first.

Whatever was changed since by somebody else is left alone and listed. Each row says in the transaction of its chunk
what became of it, so a job that dies goes on with the rows that say nothing yet.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from chassis.blobs import BlobStore
from chassis.clock import now
from chassis.context import blobs_of
from chassis.copying import copy_entities
from chassis.encryption.columns import vault_of
from chassis.errors import NotFound, Problem
from chassis.identity.caller import Caller
from chassis.jobs import JobCancelled, JobRun, enqueue
from chassis.outbox import record
from chassis.tables import PartedFile
from contracts.customers import CustomerChanged
from services.customers import parents, sight
from services.customers import pool_scope as scope
from services.customers.changesets import images, keeping, ledger, removing
from services.customers.changesets.apart import Apart
from services.customers.changesets.ledger import CREATED, UPDATED, ImportRow
from services.customers.changesets.models import DONE, UNDONE, ChangeSet
from services.customers.changesets.wording import WORDS, note
from services.customers.duplicates.checking import CustomerExists
from services.customers.errors import ParentCycle, UnknownOwner, UnknownParent
from services.customers.models import Customer, Ownership
from services.customers.news import news
from services.customers.standing.history import lines_of_change
from services.customers.standing.models import Standing
from services.customers.tag_models import reopen_tags

JOB, UNDO = "undo_changes", "customers:undo"
CHUNK = 500
REMOVED, RESTORED, KEPT = OUTCOMES = ("removed", "restored", "kept")
REASON = "Undo"
HEADER = ("row", "customer_id", "status", "code", "message")


def undo_change_set(session: Session, caller: Caller, change_set_id: UUID, language: str) -> dict[str, UUID]:
    """Take back what one of your imports or bulk changes has done, in the background.

    Customers that it entered are removed, and what it changed is as it was before. What somebody has changed since is
    left alone: the result counts the rows that were `removed`, `restored` and `kept`, and its file says why.
    """
    own = select(ChangeSet).where(ChangeSet.id == change_set_id, ChangeSet.owner_id == caller.user_id)
    found = session.scalar(own.with_for_update())
    if found is None:
        raise NotFound
    work = {"change_set_id": str(found.id), "language": language}
    job_id = enqueue(session, caller, JOB, work, total=found.created + found.updated)
    found.begin_undo(job_id)
    reopen_tags(session, found.id)
    return {"job_id": job_id}


def undo_changes(run: JobRun) -> dict[str, Any]:
    """Do it, chunk by chunk; see ``undo_change_set``."""
    if run.checkpoint:
        return dict(run.checkpoint)
    undoing = _Undo(run)
    try:
        undoing.take_back()
        return undoing.report()
    except (JobCancelled, Problem):
        with run.transaction() as session:
            session.execute(update(ChangeSet).where(ChangeSet.id == undoing.set_id).values(state=DONE))
        raise


class _Undo:
    """One attempt at the job."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self.set_id = UUID(run.input["change_set_id"])
        self._language: str = run.input["language"]

    def take_back(self) -> None:
        """All rows that say nothing yet."""
        for status, undo in ((UPDATED, self._restore), (CREATED, self._remove)):
            more = True
            while more:
                with self._run.chunk() as session:
                    parents.lock(session)
                    rows = ledger.last_rows(session, self.set_id, status, CHUNK)
                    undo(session, rows, self._customers(session, rows))
                    self._run.save(session, done=self._run.done + len(rows))
                    more = len(rows) == CHUNK

    def report(self) -> dict[str, Any]:
        """What became of the rows, with a file; then they are forgotten."""
        with self._run.chunk() as session:
            blobs, last = blobs_of(session), ledger.last_number(session, self.set_id)
        file, parts = PartedFile(blobs, self._run.id, HEADER), self._write_parts(blobs, last)
        written = file.finish(parts, "undone.csv")
        with self._run.chunk() as session:
            counts = ledger.numbers(session, self.set_id)
            result = {name: counts.get(name, 0) for name in OUTCOMES} | written
            session.execute(update(ChangeSet).where(ChangeSet.id == self.set_id).values(state=UNDONE))
            self._run.save(session, done=self._run.done, checkpoint=result)
        keeping.forget(self._run, self.set_id)
        return result

    def _write_parts(self, blobs: BlobStore, last: int) -> int:
        file, parts = PartedFile(blobs, self._run.id, HEADER), 0
        for first in range(1, last + 1, keeping.ROWS_AT_A_TIME):
            with self._run.chunk() as session:
                rows = ledger.between(session, self.set_id, first, first + keeping.ROWS_AT_A_TIME - 1)
            file.write_lines(parts, rows)
            parts += 1
        return parts

    def _customers(self, session: Session, rows: list[ImportRow]) -> dict[UUID, Customer]:
        ids = [row.customer_id for row in rows]
        query = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id).with_for_update()
        return {one.id: one for one in session.scalars(query.options(selectinload(Customer.contacts)))}

    def _unchanged(self, row: ImportRow, customers: dict[UUID, Customer]) -> Customer | None:
        """The customer, if it is still as the row left it."""
        customer = customers.get(row.customer_id) if row.customer_id else None
        if customer is None:
            self._keep(row, "gone")
        elif customer.version != row.version:
            self._keep(row, "changed-since")
            return None
        return customer

    def _restore(self, session: Session, rows: list[ImportRow], customers: dict[UUID, Customer]) -> None:
        caller, vault = self._caller(), vault_of(session)
        changed, moved, apart = [], [], Apart(session, self.set_id, dry=False)
        for row in rows:
            customer = self._unchanged(row, customers)
            if customer is None:
                continue
            if refusal := self._refusal(session, caller, customer, image := images.opened(vault, row)):
                self._keep(row, refusal)
                continue
            try:
                with session.begin_nested():
                    if not apart.admits_change(customer, image["values"]):
                        raise CustomerExists([])
                    lines = lines_of_change(caller.user_id, customer, image["values"], REASON)
                    self._restore_owner(session, caller, customer, image)
                    images.restore(session, customer, image)
            except Problem as problem:
                self._keep(row, problem.slug, problem.detail or problem.title)
                continue
            moved += lines
            row.status, row.codes, row.message = RESTORED, "", ""
            changed.append(customer)
        session.flush()
        copy_entities(session, Standing, moved)
        record(session, *(news(CustomerChanged, customer) for customer in changed))

    def _remove(self, session: Session, rows: list[ImportRow], customers: dict[UUID, Customer]) -> None:
        self._caller()
        unchanged = {one.id: row for row in rows if (one := self._unchanged(row, customers))}
        used = removing.in_use(session, self.set_id, unchanged) if unchanged else set()
        for customer_id in used & unchanged.keys():
            self._keep(unchanged.pop(customer_id), "in-use")
        session.flush()
        session.expunge_all()
        if unchanged:
            ledger.say(session, self.set_id, [row.number for row in unchanged.values()], REMOVED)
            removing.remove(session, {one: customers[one].version for one in unchanged})

    def _refusal(self, session: Session, caller: Caller, customer: Customer, image: images.Image) -> str | None:
        """Why the customer cannot be as it was."""
        if not sight.may_change(session, caller, customer):
            return "may-not-change"
        try:
            if parent_id := image["values"].get("parent_id"):
                parents.check(session, caller, UUID(parent_id), customer.id)
        except UnknownParent:
            return "unknown-parent"
        except ParentCycle:
            return "parent-cycle"
        return None

    def _restore_owner(self, session: Session, caller: Caller, customer: Customer, image: images.Image) -> None:
        """Note in the history of owners that the one before has it again; raises UnknownOwner if he has left."""
        values = image["values"]
        if "owner_id" not in values:
            return
        owner_id = values["owner_id"] and UUID(values["owner_id"])
        if owner_id and scope.person_of(session, owner_id) is None:
            raise UnknownOwner
        line = Ownership(
            customer_id=customer.id,
            from_id=customer.owner_id,
            to_id=owner_id,
            by_id=caller.user_id,
            how="assign" if owner_id else "release",
            reason=REASON,
            at=now(),
        )
        session.add(line)

    def _keep(self, row: ImportRow, code: str, message: str | None = None) -> None:
        told = note(self._language, code).message if code in WORDS else message
        row.status, row.codes, row.message = KEPT, code, told or ""

    def _caller(self) -> Caller:
        caller = self._run.caller
        caller.require(UNDO)
        return caller

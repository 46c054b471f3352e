"""Change sets as the jobs that make them see them."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.jobs import JobRun
from chassis.timers import DueTimer, set_timer
from services.customers.changesets import ledger
from services.customers.changesets.models import DONE, KEPT_FOR, ChangeSet

TIMER = "drop_change_set"
ROWS_AT_A_TIME = 20_000


def begin(session: Session, job_id: UUID, owner_id: UUID, kind: str) -> None:
    """A job is about to change customers; whoever started it may take that back."""
    until = now() + KEPT_FOR
    session.add(ChangeSet(id=job_id, owner_id=owner_id, kind=kind, until=until))
    set_timer(session, TIMER, str(job_id), until)


def settle(run: JobRun) -> None:
    """The job has ended, also if it was cancelled: what it did can be undone, what it left alone is forgotten."""
    for first, last in _slices(run, run.id):
        with run.transaction() as session:
            ledger.forget_unchanged(session, run.id, first, last)
    with run.transaction() as session:
        counts = ledger.counts(session, run.id)
        done = update(ChangeSet).where(ChangeSet.id == run.id)
        session.execute(done.values(state=DONE, created=counts[ledger.CREATED], updated=counts[ledger.UPDATED]))


def forget(run: JobRun, job_id: UUID) -> None:
    """Nothing is to be kept of the rows of a job."""
    for first, last in _slices(run, job_id):
        with run.transaction() as session:
            ledger.forget(session, job_id, first, last)


def drop_change_set(session: Session, timer: DueTimer) -> None:
    """Forget what a month ago was before a change; some rows at a time."""
    if ledger.forget_some(session, UUID(timer.key), ROWS_AT_A_TIME):
        set_timer(session, TIMER, timer.key, now())
        return
    found = session.get(ChangeSet, UUID(timer.key))
    if found:
        session.delete(found)


def _slices(run: JobRun, job_id: UUID) -> Iterator[tuple[int, int]]:
    with run.transaction() as session:
        rows = ledger.last_number(session, job_id)
    return ((first, first + ROWS_AT_A_TIME - 1) for first in range(1, rows + 1, ROWS_AT_A_TIME))

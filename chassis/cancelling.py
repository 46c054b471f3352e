"""Cancelling jobs: what their chunks have committed stays, and what must not be left half done is refused."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import service_of
from chassis.errors import Conflict, NotFound
from chassis.jobs import jobs


class JobFinished(Conflict):
    """A finished job cannot be cancelled."""

    slug, title = "job-finished", "The job has finished already"


class JobMustFinish(Conflict):
    """Half of what the job does would be worse than all or nothing of it."""

    slug, title = "job-must-finish", "The job has to be seen through"


def request_cancel(session: Session, job_id: UUID, started_by: UUID) -> None:
    """Ask a job to stop: a queued one ends at once, a running one after its present chunk.

    Raises NotFound for somebody else's job, JobFinished, and JobMustFinish.
    """
    own = select(jobs).where(jobs.c.id == job_id, jobs.c.started_by == started_by).with_for_update()
    row = session.execute(own).one_or_none()
    if row is None:
        raise NotFound
    if row.state not in ("queued", "running"):
        raise JobFinished
    declared = service_of(session).jobs().get(row.kind)
    if declared and declared.must_finish:
        so_far = f"{row.done} of {row.total} done" if row.total else f"{row.done} done"
        raise JobMustFinish(f"{declared.must_finish} ({so_far})")
    stop(session, job_id)


def stop(session: Session, job_id: UUID) -> Any:
    """Stop a job: one that waits ends at once, and its row as mapping is answered; one at work after its chunk."""
    unfinished = (jobs.c.id == job_id) & jobs.c.state.in_(("queued", "running"))
    row = session.execute(select(jobs).where(unfinished).with_for_update()).mappings().one_or_none()
    if row is None:
        return None
    waits = row["state"] == "queued"
    change: dict[str, Any] = {"state": "cancelled", "finished_at": now()} if waits else {}
    session.execute(update(jobs).where(unfinished).values(cancel_requested=True, **change))
    return row if waits else None

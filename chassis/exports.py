"""Exports: who took what out of the service, by which filter, how many rows, and when.

The row is written when the export is ordered and counts each chunk in its transaction, so one that was stopped half-way
says what had been read by then. The filter is sealed: somebody may have looked for a person.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Uuid, delete, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.database import affected, chassis_metadata, dicts
from chassis.encryption.columns import vault_of
from chassis.errors import Problem
from chassis.jobs import JobCancelled, JobRun

KEPT_FOR = timedelta(days=400)

REVIEWED = timedelta(days=30)
"""How far back it is looked when somebody leaves."""

RUNNING, DONE, STOPPED = "running", "done", "stopped"

exports = Table(
    "exports",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("by", Uuid, nullable=False),
    Column("resource", String(50), nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("filter", JSONB),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("state", String(10), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index("ix_exports_by", "by", "at"),
)
"""``id`` is that of the job."""

TOLD = ("id", "resource", "filter", "rows", "state", "at")


def begin(session: Session, job_id: UUID, by: UUID, resource: str, columns: Sequence[str], filter: Any) -> None:
    """Note that an export was ordered."""
    sealed = vault_of(session).seal_json(filter, place_of(job_id))
    row = {"id": job_id, "by": by, "resource": resource, "columns": list(columns), "filter": sealed}
    session.execute(insert(exports).values(**row, state=RUNNING, at=now()))


@contextmanager
def on_record(run: JobRun) -> Iterator[None]:
    """Note that an export was stopped, if it is refused to go on or cancelled within the block."""
    try:
        yield
    except (JobCancelled, Problem):
        with run.transaction() as session:
            finish(session, run.id, STOPPED)
        raise


def count(session: Session, job_id: UUID, rows: int) -> None:
    """Note how many rows have been read so far."""
    session.execute(update(exports).where(exports.c.id == job_id).values(rows=rows))


def finish(session: Session, job_id: UUID, state: str) -> None:
    """Note how an export has ended."""
    ended = update(exports).where(exports.c.id == job_id, exports.c.state == RUNNING)
    row = session.execute(
        ended.values(state=state, finished_at=now()).returning(exports.c.resource, exports.c.rows)
    ).one_or_none()
    if row is not None:
        audit.note(
            session, f"export_{row.resource}", resource=row.resource, kind=audit.EXPORT, count=row.rows, state=state
        )


def stop_those_of(session: Session, user_id: UUID) -> None:
    """Note that what somebody was still exporting goes no further."""
    his = (exports.c.by == user_id) & (exports.c.state == RUNNING)
    for job_id in session.scalars(select(exports.c.id).where(his)).all():
        finish(session, job_id, STOPPED)


def of_person(session: Session, user_id: UUID, limit: int) -> list[dict[str, Any]]:
    """What somebody has exported lately, the latest first."""
    lately = (exports.c.by == user_id) & (exports.c.at > now() - REVIEWED)
    query = select(*(exports.c[name] for name in TOLD)).where(lately).order_by(exports.c.at.desc()).limit(limit)
    rows = dicts(session.execute(query))
    for row in rows:
        row["filter"] = vault_of(session).open_json(row["filter"], place_of(row["id"]))
    return rows


def forget_old(session: Session) -> int:
    """Delete what is more than a year old; the audit trail keeps it. Returns how many rows."""
    return affected(session, delete(exports).where(exports.c.at < now() - KEPT_FOR))


def place_of(job_id: UUID) -> str:
    """What the filter of an export is sealed for: it may ask for a person."""
    return f"exports.filter {job_id}"

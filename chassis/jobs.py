"""Jobs: long work as rows, run by ``work`` under a lease, with progress, cancel and a result.

A job that dies with its process is taken up by another when the lease ends, and goes on from its checkpoint: progress
and checkpoint are saved in the transaction of the chunk that they count, so no chunk is done twice or left out.
One that has to wait, or whose process is told to stop, is put back (``JobPostponed``) and lets others go first.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.database import Database, chassis_metadata
from chassis.encryption.columns import VAULT, vault_of
from chassis.encryption.vault import Vault
from chassis.errors import Problem, Unauthenticated
from chassis.identity.caller import Caller
from chassis.identity.directory import Directory
from chassis.ids import new_id

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
IDLE_SECONDS = 0.5

jobs = Table(
    "jobs",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(50), nullable=False),
    Column("state", String(10), nullable=False, server_default="queued"),
    Column("input", JSONB, nullable=False),
    Column("started_by", Uuid, nullable=False),
    Column("session_id", Uuid),
    Column("needs", String(100)),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("checkpoint", JSONB),
    Column("result", JSONB),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("cancel_requested", Boolean, nullable=False, server_default="false"),
    Column("lease_until", DateTime(timezone=True)),
    Column("lease_token", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Index("ix_jobs_waiting", "created_at", postgresql_where="state IN ('queued', 'running')"),
    Index("ix_jobs_started_by", "started_by", "created_at"),
)
"""``state`` is queued, running, done, failed or cancelled."""


NOBODY = UUID(int=0)
"""Who started a job that no caller has asked for."""


class JobCancelled(Exception):
    """The person who started the job wants it no more; what its chunks have committed stays."""


class LeaseLost(Exception):
    """Another process has taken the job over, because this one did not answer for too long."""


class JobPostponed(Exception):
    """The job goes on from its checkpoint after ``delay``, here or in another process; raised by its function."""

    def __init__(self, delay: timedelta = timedelta(0)) -> None:
        super().__init__(delay)
        self.delay = delay


def enqueue(
    session: Session,
    caller: Caller | None,
    kind: str,
    work: dict[str, Any],
    *,
    total: int | None = None,
    needs: str | None = None,
) -> UUID:
    """Add a job to the present transaction; it begins once that has committed. Returns the job's id.

    Without a caller the job is nobody's: nobody finds it in his list, and it cannot ask for its ``caller``.
    ``needs`` is the permission that it still takes to fetch the result file.
    """
    by, session_id = (caller.user_id, caller.session_id) if caller else (NOBODY, None)
    return enqueue_for(session, by, kind, work, session_id=session_id, total=total, needs=needs)


def enqueue_for(session: Session, user_id: UUID, kind: str, work: dict[str, Any], **columns: Any) -> UUID:
    """The same for a job that follows from what somebody has done elsewhere, so that he is no caller here."""
    job_id = new_id()
    sealed = vault_of(session).seal_json(work, place_of("input", job_id))
    row = insert(jobs).values(id=job_id, kind=kind, input=sealed, started_by=user_id, created_at=now(), **columns)
    session.execute(row)
    return job_id


def state_of(session: Session, job_id: UUID) -> str | None:
    """The state of a job; None if there is none of this id."""
    return session.scalar(select(jobs.c.state).where(jobs.c.id == job_id))


def end_those_of(session: Session, user_id: UUID, kinds: Collection[str]) -> bool:
    """Cancel the jobs that somebody has started, of these kinds; True once none of them is at work any more."""
    his = (jobs.c.started_by == user_id) & jobs.c.kind.in_(kinds)
    queued = update(jobs).where(his, jobs.c.state == "queued")
    session.execute(queued.values(state="cancelled", cancel_requested=True, finished_at=now()))
    running = update(jobs).where(his, jobs.c.state == "running").values(cancel_requested=True)
    return session.scalar(running.returning(jobs.c.id)) is None


def opened(vault: Vault, row: Any, column: str) -> Any:
    """What stands in ``input``, ``checkpoint`` or ``result`` of a job's row."""
    return vault.open_json(row[column], place_of(column, row["id"]))


def forget_input(session: Session, job_id: UUID) -> None:
    """Forget what a job was to do, now that it is done."""
    session.execute(update(jobs).where(jobs.c.id == job_id).values(input={}))


def forget(session: Session, job_id: UUID) -> None:
    """Keep of a finished job only that there was one."""
    nothing: dict[str, Any] = {"input": {}, "checkpoint": null(), "result": null()}
    session.execute(update(jobs).where(jobs.c.id == job_id).values(nothing))


def with_open_results(vault: Vault, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of jobs as they are shown."""
    for row in rows:
        row["result"] = vault.open_json(row["result"], place_of("result", row["id"]))
    return rows


def place_of(column: str, job_id: UUID) -> str:
    """What goes into a job and comes out of it may hold contact data, so it is sealed for its place."""
    return f"jobs.{column} {job_id}"


class JobRun:
    """One attempt at a job, as its function sees it."""

    def __init__(
        self, row: Any, database: Database, directory: Directory, context: dict[str, Any], stopping: threading.Event
    ) -> None:
        vault: Vault = context[VAULT]
        self.id: UUID = row.id
        self._kind: str = row.kind
        self.input: dict[str, Any] = vault.open_json(row.input, place_of("input", row.id))
        self.checkpoint: Any = vault.open_json(row.checkpoint, place_of("checkpoint", row.id))
        self.done: int = row.done
        self.started_by: UUID = row.started_by
        self._session_id = row.session_id
        self._lease = row.lease_token
        self._database = database
        self._directory = directory
        self._context = context
        self._stopping = stopping

    @property
    def caller(self) -> Caller:
        """The person who started the job, with the rights that he has now; raises Unauthenticated if he has left."""
        return self._directory.caller(self.started_by, self._session_id)

    def admitted(self, permission: str) -> Caller:
        """The person who started the job, asked anew whether he may do this; for each chunk of what is only for him.

        Raises Unauthenticated when his account is closed or the session in which he started it is over, and Forbidden
        when he has lost the permission.
        """
        self._directory.refresh()
        if self._session_id is not None and self._directory.has_ended(self._session_id):
            raise Unauthenticated("The session in which it was started has ended")
        caller = self.caller
        caller.require(permission)
        return caller

    @contextmanager
    def chunk(self) -> Iterator[Session]:
        """A transaction for a piece of the work; ``save`` in it to count the piece as done.

        Before a new piece it raises JobCancelled when the job is to stop, LeaseLost when it is somebody else's by now,
        and JobPostponed when the process is to stop.
        """
        if self._stopping.is_set():
            raise JobPostponed
        with self.transaction() as session:
            extended = update(jobs).where(jobs.c.id == self.id, jobs.c.lease_token == self._lease)
            extended = extended.values(lease_until=func.clock_timestamp() + LEASE)
            row = session.execute(extended.returning(jobs.c.cancel_requested)).one_or_none()
            if row is None:
                raise LeaseLost
            if row.cancel_requested:
                raise JobCancelled
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that nothing refuses, for noting what has happened outside of the database already."""
        with self._database.transaction() as session:
            session.info.update(self._context, actor=None if self.started_by == NOBODY else self.started_by)
            audit.begin(session, self._kind, session_id=self._session_id)
            yield session

    def save(self, session: Session, *, done: int, total: int | None = None, checkpoint: Any = None) -> None:
        """Note the progress, in items, and where to go on, in the transaction of the chunk."""
        sealed = vault_of(session).seal_json(checkpoint, place_of("checkpoint", self.id))
        values: dict[str, Any] = {"done": done, "checkpoint": sealed}
        if total is not None:
            values["total"] = total
        session.execute(update(jobs).where(jobs.c.id == self.id).values(values))
        self.done, self.checkpoint = done, checkpoint


class JobRunner:
    """Takes up waiting jobs one after the other; several runners share the work without meeting."""

    def __init__(
        self,
        kinds: dict[str, Callable[[JobRun], Any]],
        database: Database,
        directory: Directory,
        context: dict[str, Any],
    ) -> None:
        self._kinds = kinds
        self._database = database
        self._directory = directory
        self._context = context
        self._stopping = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop; the job at hand goes on from its checkpoint in another process."""
        self._stopping = stopping
        while not stopping.is_set():
            try:
                if not self.run_one():
                    stopping.wait(IDLE_SECONDS)
            except Exception:
                log.exception("job runner failed")
                stopping.wait(IDLE_SECONDS)

    def run_one(self) -> bool:
        """Take up the oldest waiting job and see it through; False if none waits."""
        row = self._take()
        if row is None:
            return False
        run = JobRun(row, self._database, self._directory, self._context, self._stopping)
        with self._lease_kept(run):
            self._attempt(row, run)
        return True

    def _attempt(self, row: Any, run: JobRun) -> None:
        bound = structlog.contextvars.bound_contextvars(job=str(row.id), kind=row.kind)
        with bound:
            try:
                result = self._kinds[row.kind](run)
                vault: Vault = self._context[VAULT]
                self._finish(row, state="done", result=vault.seal_json(result, place_of("result", row.id)))
            except LeaseLost:
                log.warning("job taken over by another process")
            except JobCancelled:
                self._finish(row, state="cancelled")
            except JobPostponed as postponed:
                self._put_back(row, postponed.delay, attempts=0)
            except Problem as problem:
                self._finish(row, state="failed", error=problem.detail or problem.title)
            except Exception as error:
                log.exception("job failed")
                self._give_back_or_fail(row, error)

    def _take(self) -> Any:
        free = (jobs.c.state == "queued") | ((jobs.c.state == "running") & (jobs.c.lease_until < func.now()))
        due = jobs.c.lease_until.is_(None) | (jobs.c.lease_until < func.now())
        waiting_since = func.coalesce(jobs.c.lease_until, jobs.c.created_at)
        candidate = select(jobs.c.id).where(free, due, jobs.c.kind.in_(self._kinds)).order_by(waiting_since)
        candidate = candidate.limit(1).with_for_update(skip_locked=True)
        with self._database.transaction() as session:
            taken = update(jobs).where(jobs.c.id == candidate.scalar_subquery())
            taken = taken.values(
                state="running",
                attempts=jobs.c.attempts + 1,
                lease_until=func.now() + LEASE,
                lease_token=new_id(),
                started_at=func.coalesce(jobs.c.started_at, func.now()),
            )
            return session.execute(taken.returning(jobs)).one_or_none()

    @contextmanager
    def _lease_kept(self, run: JobRun) -> Iterator[None]:
        """Extend the lease while the function works on one long chunk."""
        finished = threading.Event()
        keeper = threading.Thread(target=self._keep_lease, args=(run.id, run._lease, finished), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            finished.set()
            keeper.join()

    def _keep_lease(self, job_id: UUID, lease: UUID, finished: threading.Event) -> None:
        while not finished.wait(LEASE.total_seconds() / 3):
            try:
                with self._database.transaction() as session:
                    mine = (jobs.c.id == job_id) & (jobs.c.lease_token == lease) & (jobs.c.state == "running")
                    session.execute(update(jobs).where(mine).values(lease_until=func.now() + LEASE))
            except Exception:
                log.warning("lease not extended", exc_info=True)

    def _finish(self, row: Any, **values: Any) -> None:
        with self._database.transaction() as session:
            mine = (jobs.c.id == row.id) & (jobs.c.lease_token == row.lease_token)
            session.execute(update(jobs).where(mine).values(finished_at=func.now(), lease_until=None, **values))

    def _give_back_or_fail(self, row: Any, error: Exception) -> None:
        if row.attempts >= MAX_ATTEMPTS:
            return self._finish(
                row, state="failed", error=f"{type(error).__name__}: gave up after {row.attempts} tries"
            )
        return self._put_back(row, timedelta(seconds=2**row.attempts), attempts=row.attempts)

    def _put_back(self, row: Any, delay: timedelta, *, attempts: int) -> None:
        with self._database.transaction() as session:
            mine = (jobs.c.id == row.id) & (jobs.c.lease_token == row.lease_token)
            values = {"state": "queued", "lease_until": func.now() + delay, "attempts": attempts}
            session.execute(update(jobs).where(mine).values(values))

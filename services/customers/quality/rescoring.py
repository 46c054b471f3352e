"""Scores that change although nobody changed the customer: another standard, another term, another day.

Another rule means that all customers are assessed anew, in the background. A day means only those whose score falls on
it: they stand in an index, so the work of a day is as large as what falls on it. The same job then makes the tasks.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, event, func, inspect, literal, select
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.clock import now
from chassis.context import directory_of
from chassis.custom_fields.defined import custom_fields_of
from chassis.database import WritingSession
from chassis.identity.caller import Caller
from chassis.jobs import JobRun
from chassis.merging.working import UUIDS
from chassis.timers import DueTimer, set_timer
from contracts.customers import CustomerFieldChanged
from services.customers.models import Customer
from services.customers.quality import cleaning
from services.customers.quality.keeping import keep
from services.customers.quality.models import QualityStandard, qualities
from services.customers.terms.models import Term

JOB, DAILY_JOB, TIMER, THE_ONE = "assess_customers", "clean_customers", "quality_day", "customers"
CHUNK = 500
ONCE_MORE_AFTER = timedelta(minutes=15)
AFTER_MIDNIGHT = timedelta(minutes=5)
TABLE, JOBS = Customer.__table__.c, jobs.jobs.c
TERMS_CHANGED = "terms that customers have may be valid now, or not any more"


def assess_all(session: Session, caller: Caller | None) -> UUID:
    """Let all customers be assessed anew, because they are held against something else. Returns the id of the job."""
    total = session.scalar(select(func.count()).select_from(Customer))
    return jobs.enqueue(session, caller, JOB, {}, total=total)


def assess_customers(run: JobRun) -> dict[str, Any]:
    """Assess one customer after the other; a later job of the same kind does all of it anyway."""
    while True:
        with run.chunk() as session:
            if _is_outdone(session, run.id):
                return {"customers": run.done, "outdone": True}
            custom_fields_of(session).refresh()
            some = select(TABLE.id).order_by(TABLE.id).limit(CHUNK)
            ids = _locked(session, some.where(TABLE.id > UUID(run.checkpoint)) if run.checkpoint else some)
            keep(session, ids)
            run.save(session, done=run.done + len(ids), checkpoint=str(ids[-1]) if ids else run.checkpoint)
        if len(ids) < CHUNK:
            return {"customers": run.done, "outdone": False}


def start_cleaning(session: Session, caller: Caller) -> dict[str, Any]:
    """Make the tasks of the day now, without waiting for the night: of what is wrong with customers, for their owners.

    Everybody has so many of them at the most, the worst customers first; what is open or was dismissed is not asked
    again.
    """
    return {"job_id": jobs.enqueue(session, caller, DAILY_JOB, {})}


def quality_day(session: Session, timer: DueTimer) -> None:
    """A day has begun: let the job of the day run, and come back tomorrow."""
    jobs.enqueue(session, None, DAILY_JOB, {})
    set_timer(session, TIMER, THE_ONE, next_day(now()))


def next_day(moment: datetime) -> datetime:
    """When the next day begins."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) + AFTER_MIDNIGHT


def assess_anew(session: Session, timer: DueTimer) -> None:
    """Assess the customers that were there before there was quality, and those written by processes from before it."""
    assess_all(session, None)
    if not timer.payload.get("again"):
        set_timer(session, timer.kind, timer.key, now() + ONCE_MORE_AFTER, {"again": True})


def clean_customers(run: JobRun) -> dict[str, Any]:
    """Let the scores fall that fall today, then give everybody his tasks."""
    at: dict[str, Any] = run.checkpoint or {"fallen": 0, "made": 0, "owner": None}
    while at["owner"] is None:
        with run.chunk() as session:
            ids = _fallen(session)
            keep(session, ids)
            at = {**at, "fallen": at["fallen"] + len(ids), "owner": None if len(ids) == CHUNK else str(UUID(int=0))}
            run.save(session, done=at["fallen"], checkpoint=at)
    while (owner := _next_owner(run, at["owner"])) is not None:
        with run.chunk() as session:
            at = {**at, "made": at["made"] + cleaning.make_tasks(session, owner), "owner": str(owner)}
            run.save(session, done=run.done + 1, checkpoint=at)
    return {"fallen": at["fallen"], "made": at["made"]}


def follow_fields(session: Session, changed: CustomerFieldChanged) -> None:
    """Assess all customers anew if a custom field that a standard asks for has other rules now."""
    asking = select(QualityStandard.id).where(QualityStandard.criteria.contains([{"field": f"custom.{changed.key}"}]))
    if session.scalar(asking.limit(1)) is not None:
        assess_all(session, None)


def _is_outdone(session: Session, job_id: UUID) -> bool:
    later = select(JOBS.id).where(JOBS.kind == JOB, JOBS.id > job_id, JOBS.state.in_(("queued", "running")))
    return session.scalar(later.limit(1)) is not None


def _fallen(session: Session) -> Sequence[UUID]:
    """The next customers of whom something has become too old."""
    due = select(qualities.c.customer_id).where(qualities.c.falls_on <= now().date())
    ids = session.scalars(due.order_by(qualities.c.falls_on).limit(CHUNK)).all()
    return _locked(session, select(TABLE.id).where(TABLE.id == any_(literal(list(ids), UUIDS))).order_by(TABLE.id))


def _locked(session: Session, query: Any) -> list[UUID]:
    return list(session.scalars(query.with_for_update(key_share=True)))


def _next_owner(run: JobRun, after: str) -> UUID | None:
    with run.transaction() as session:
        return min((one for one in directory_of(session).active_people() if str(one) > after), default=None, key=str)


@event.listens_for(WritingSession, "after_flush")
def _notice(session: Session, _: Any) -> None:
    terms: list[Any] = [one for one in session.dirty if isinstance(one, Term)]
    if any(inspect(one).attrs.active.history.has_changes() for one in terms):
        session.info[TERMS_CHANGED] = True


@event.listens_for(WritingSession, "before_commit")
def _assess_by_other_terms(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    if session.info.pop(TERMS_CHANGED, False):
        assess_all(session, None)

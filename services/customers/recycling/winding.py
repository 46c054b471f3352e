"""Each customer that can go back has one timer, set to the next warning or to the end itself.

Whatever changes a customer moves its timer in the same transaction: what a session flushes is noticed here, so that no
command can forget it. Whoever writes past the session says so with ``touch``.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import WritingSession
from chassis.jobs import JobRun
from chassis.timers import cancel_timers, set_timers
from services.customers import pool_scope as scope
from services.customers.models import Customer
from services.customers.pool_models import Pool
from services.customers.recycling.clocks import governing, next_tick
from services.customers.recycling.rules import TABLE, readings

TIMER = "pool_clock"
TOUCHED = "customers whose clocks may move"
BATCH = 500


def touch(session: Session, ids: Iterable[UUID]) -> None:
    """Let the clocks of these customers be set when the transaction ends."""
    session.info.setdefault(TOUCHED, set()).update(ids)


def wind(session: Session, ids: Collection[UUID]) -> None:
    """Set the timers of these customers to what their clocks say now."""
    pools = scope.ordered(session)
    if not any(pool.recycling for pool in pools):
        return
    due: dict[str, Any] = {}
    moment = now()
    for pool, group in _by_pool(session, pools, ids):
        read = readings(pool.recycle_rules).where(TABLE.id.in_(group))
        due |= {
            str(clock.customer_id): next_tick(pool, clock.recycle_at, moment)
            for clock in session.execute(read)
            if clock.recycle_at
        }
    cancel_timers(session, TIMER, sorted({str(one) for one in ids} - due.keys()))
    set_timers(session, TIMER, due)


def rewind(run: JobRun) -> dict[str, int]:
    """Set the clocks of all customers with an owner, after a change of rules."""
    while True:
        with run.chunk() as session:
            owned = select(Customer.id).where(Customer.owner_id.is_not(None)).order_by(Customer.id).limit(BATCH)
            if run.checkpoint:
                owned = owned.where(Customer.id > UUID(run.checkpoint))
            ids = list(session.scalars(owned.with_for_update(key_share=True)))
            _wind_or_stop(session, ids)
            run.save(session, done=run.done + len(ids), checkpoint=str(ids[-1]) if ids else None)
        if len(ids) < BATCH:
            return {"customers": run.done}


def _wind_or_stop(session: Session, ids: list[UUID]) -> None:
    """Without any rule in force the timers are dropped."""
    if any(pool.recycling for pool in scope.ordered(session)):
        wind(session, ids)
    else:
        cancel_timers(session, TIMER, [str(one) for one in ids])


def _by_pool(session: Session, pools: list[Pool], ids: Collection[UUID]) -> list[tuple[Pool, list[UUID]]]:
    """Those of the customers that a pool can take back, by the pool."""
    owned = select(Customer.id, Customer.owner_id).where(Customer.id.in_(ids), Customer.owner_id.is_not(None))
    rows = session.execute(owned).all()
    of_owner = {owner: governing(pools, scope.person_of(session, owner)) for owner in {row.owner_id for row in rows}}
    groups: dict[UUID, tuple[Pool, list[UUID]]] = {}
    for row in rows:
        pool = of_owner[row.owner_id]
        if pool is not None:
            groups.setdefault(pool.id, (pool, []))[1].append(row.id)
    return list(groups.values())


@event.listens_for(WritingSession, "after_flush")
def _notice(session: Session, _: Any) -> None:
    changed = [one.id for one in (*session.new, *session.dirty) if isinstance(one, Customer)]
    if changed:
        touch(session, changed)


@event.listens_for(WritingSession, "before_commit")
def _wind_touched(session: Session) -> None:
    """At the end of the transaction; a savepoint only ends a part of it."""
    if session.in_nested_transaction():
        return
    session.flush()
    touched = session.info.pop(TOUCHED, None)
    if touched and "directory" in session.info:
        wind(session, touched)

"""What happens when the clock of a customer strikes: a warning, or its owner has to let it go.

The timer does not wait for whoever changes the customer: he moves the timer, and would wait for it. It comes back.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.outbox import record
from chassis.timers import DueTimer, set_timer
from contracts.customers import CustomerReleased
from contracts.pools import RecycleAnnounced
from services.customers import pool_scope as scope
from services.customers.commands import note_owner
from services.customers.models import Customer
from services.customers.news import news
from services.customers.pool_models import Pool, recycle_warnings
from services.customers.recycling.clocks import governing, next_tick, reading
from services.customers.recycling.winding import TIMER

BUSY = timedelta(seconds=1)
ASSIGN = "customers:assign"


def tick(session: Session, timer: DueTimer) -> None:
    """Warn, or put the customer back; one that has been put off since is only asked for its next instant."""
    customer_id, moment = UUID(timer.key), max(now(), timer.due_at)
    free = select(Customer).where(Customer.id == customer_id).with_for_update(skip_locked=True)
    customer = session.scalar(free)
    if customer is None:
        if session.scalar(select(Customer.id).where(Customer.id == customer_id)):
            set_timer(session, TIMER, timer.key, moment + BUSY, timer.payload)
        return
    pool = governing(scope.ordered(session), scope.person_of(session, customer.owner_id))
    clock = reading(session, pool, customer_id) if pool and customer.owner_id else None
    if pool is None or clock is None or clock.recycle_at is None:
        return
    if clock.recycle_at <= moment:
        _take_back(session, pool, customer, clock)
        return
    if timer.payload["days"] and timer.payload["recycle_at"] == clock.recycle_at.isoformat():
        _announce(session, pool, customer, clock, timer.payload["days"])
    set_timer(session, TIMER, timer.key, *next_tick(pool, clock.recycle_at, moment))


def _take_back(session: Session, pool: Pool, customer: Customer, clock: Any) -> None:
    _announce(session, pool, customer, clock, 0)
    owner_id, rule = customer.owner_id, pool.recycle_rules[clock.rule]["name"]
    customer.release(pool.id)
    note_owner(session, None, customer, from_id=owner_id, how="recycle", reason=None, why=rule)
    record(session, news(CustomerReleased, customer))


def _announce(session: Session, pool: Pool, customer: Customer, clock: Any, days: int) -> None:
    """Tell whom it concerns, once for each instant and number of days."""
    if not _is_first(session, customer.id, clock.recycle_at, days) or customer.owner_id is None:
        return
    late = pool.escalate_days is not None and days <= pool.escalate_days
    above = answerable(session, customer) if late else []
    event = RecycleAnnounced(
        aggregate_id=customer.id,
        version=customer.version,
        owner_id=customer.owner_id,
        user_ids=[customer.owner_id, *above],
        recycle_at=clock.recycle_at,
        days=days,
        rule=pool.recycle_rules[clock.rule]["name"],
        pool_id=pool.id,
    )
    record(session, event)


def _is_first(session: Session, customer_id: UUID, recycle_at: datetime, days: int) -> bool:
    row = insert(recycle_warnings).values(customer_id=customer_id, recycle_at=recycle_at, days=days, at=now())
    return session.scalar(row.on_conflict_do_nothing().returning(recycle_warnings.c.days)) is not None


def answerable(session: Session, customer: Customer) -> list[UUID]:
    """Those who may assign the owner's customers, in his main team or the nearest one above where there is somebody."""
    directory = directory_of(session)
    for team_id in directory.path_up(customer.team_id):
        people = (scope.person_of(session, one) for one in directory.team_members(team_id) if one != customer.owner_id)
        able = [
            one.user_id
            for one in people
            if one and one.reaches(ASSIGN, owner_id=customer.owner_id, team_id=customer.team_id)
        ]
        if able:
            return able
    return []

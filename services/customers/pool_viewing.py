"""Opening customers in a pool: some fields stay hidden, and a day has a number of them for each person."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers.pool_errors import ViewQuotaReached
from services.customers.pool_models import VIEWS_PER_DAY, Pool, pool_views

VIEWS = pool_views.c


def open_in_pool(session: Session, caller: Caller, customer_id: UUID, row: dict[str, Any]) -> None:
    """Let the caller open a customer that waits in a pool, of which the row says what is withheld.

    Raises ViewQuotaReached. What he has opened on this day already he can open again.
    """
    pool = scope.pool_of(session, row["pool_id"])
    if pool.administered_by(caller.user_id):
        return
    row["withheld"] = pool.hidden_fields
    most = pool.limit(VIEWS_PER_DAY, caller)
    if most is not None:
        _count(session, caller, pool, customer_id, most)


def _count(session: Session, caller: Caller, pool: Pool, customer_id: UUID, most: int) -> None:
    """Note the view, under a number of the day that nobody else can have: so parallel ones cannot be too many.

    A query has no transaction, so each statement stands for itself; whoever comes second to a number tries the next.
    """
    day = pool.day_of(now())
    today = and_(VIEWS.pool_id == pool.id, VIEWS.user_id == caller.user_id, VIEWS.day == day.date)
    used = select(func.coalesce(func.max(VIEWS.seq), 0)).where(today)
    seen = select(VIEWS.seq).where(today, VIEWS.customer_id == customer_id)
    while True:
        count = session.scalar(used) or 0  # before the next question, lest what is seen meanwhile is refused
        if session.scalar(seen) is not None:
            return
        if count >= most:
            seconds = int((day.ends_at - now()).total_seconds()) + 1
            detail = f"{most} customers of {pool.name} can be opened a day"
            raise ViewQuotaReached(detail, passes_at=day.ends_at, retry_after=seconds)
        last = func.coalesce(func.max(VIEWS.seq), 0)
        whose = (literal(pool.id), literal(caller.user_id), literal(day.date))
        number = select(*whose, last + 1, literal(customer_id)).where(today).having(last < most)
        names = ["pool_id", "user_id", "day", "seq", "customer_id"]
        session.execute(insert(pool_views).from_select(names, number).on_conflict_do_nothing())

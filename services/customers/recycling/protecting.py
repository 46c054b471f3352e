"""An owner protects some of his customers from the rules of the pool, for a while."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers import sight
from services.customers.models import Customer
from services.customers.pool_models import PROTECTED, Pool, pool_states
from services.customers.pools.limits import lock
from services.customers.recycling.errors import ProtectionOver, TooManyProtected
from services.customers.recycling.rules import PROTECTED_UNTIL, STATE, TABLE
from services.customers.recycling.winding import touch


def protect_customer(session: Session, caller: Caller, customer_id: UUID, days: int) -> dict[str, Any]:
    """Protect one of your customers from being put back by a rule, for so many days from now.

    A customer can be protected until so many days after the first time as the pool says, however often you extend it,
    and only so many of yours at once. Then its clock goes on from where it is.
    """
    _own(session, caller, customer_id)
    pool = scope.match(scope.ordered(session), caller)
    lock(session, [caller.user_id])
    moment = now()
    since = _protected_since(session, customer_id) or moment
    _check(session, caller, pool, customer_id, since + timedelta(days=pool.protect_days or 0), days)
    values = {
        "protected_since": since,
        "protected_until": moment + timedelta(days=days),
        "protected_by": caller.user_id,
    }
    row = insert(pool_states).values(customer_id=customer_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["customer_id"], set_=values))
    touch(session, [customer_id])
    return {"customer_id": customer_id, "protected_until": values["protected_until"]}


def unprotect_customer(session: Session, caller: Caller, customer_id: UUID) -> None:
    """End the protection of one of your customers."""
    _own(session, caller, customer_id)
    session.execute(update(pool_states).where(STATE.customer_id == customer_id).values(protected_until=now()))
    touch(session, [customer_id])


def _own(session: Session, caller: Caller, customer_id: UUID) -> None:
    """Lock a customer of the caller's own; raises NotFound for any other."""
    own = select(Customer.id).where(Customer.id == customer_id, Customer.owner_id == caller.user_id)
    if session.scalar(own.where(sight.in_sight(caller)).with_for_update()) is None:
        raise NotFound


def _protected_since(session: Session, customer_id: UUID) -> Any:
    """When the present owner protected it first; None if he has not."""
    valid = select(STATE.protected_since).join(Customer.__table__, TABLE.id == STATE.customer_id)
    return session.scalar(valid.where(TABLE.id == customer_id, PROTECTED_UNTIL.is_not(None)))


def _check(session: Session, caller: Caller, pool: Pool, customer_id: UUID, latest: Any, days: int) -> None:
    moment = now()
    if moment + timedelta(days=days) > latest:
        raise ProtectionOver(
            f"{pool.name} lets you protect it for {pool.protect_days or 0} days in all", passes_at=None
        )
    most = pool.limit(PROTECTED, caller)
    if most is None:
        return
    others = select(func.count()).select_from(pool_states).join(Customer.__table__, TABLE.id == STATE.customer_id)
    others = others.where(TABLE.owner_id == caller.user_id, TABLE.id != customer_id, moment < PROTECTED_UNTIL)
    if (session.scalar(others) or 0) >= most:
        first = select(func.min(PROTECTED_UNTIL)).select_from(pool_states)
        first = first.join(Customer.__table__, TABLE.id == STATE.customer_id)
        ends = session.scalar(first.where(TABLE.owner_id == caller.user_id, moment < PROTECTED_UNTIL))
        raise TooManyProtected(f"You protect {most} already, which is as many as can be", passes_at=ends)

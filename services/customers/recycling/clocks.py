"""The clock of one customer: when it goes back, and why."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CUSTOMERS
from services.customers import pool_scope as scope
from services.customers import sight
from services.customers.models import Customer
from services.customers.pool_models import Pool
from services.customers.recycling.rules import readings

RESETS = {
    "no_follow_up": ("follow-up", "last_follow_up_at", True),
    "no_deal": ("deal", "last_deal_at", True),
    "protection_end": ("protection", "protected_until", False),
    "contract_end": ("contract", "contract_ends_at", False),
}
"""By condition: what resets it, the fact that it counts from, and whether it counts from the first day otherwise."""

RULED = ("last_deal_at", "contract_ends_at")
"""Facts that roles may hide."""


def governing(pools: list[Pool], person: Caller | None) -> Pool | None:
    """The pool whose rules take the person's customers back; None if none does."""
    pool = scope.match(pools, person)
    return pool if pool.recycling and pool.recycle_rules else None


def reading(session: Session, pool: Pool, customer_id: UUID) -> Any:
    """The clock of a customer under the rules of a pool; None if it has no owner."""
    row = session.execute(readings(pool.recycle_rules).where(Customer.id == customer_id)).one_or_none()
    return None if row is None else row


def next_tick(pool: Pool, recycle_at: datetime, moment: datetime) -> tuple[datetime, dict[str, Any]]:
    """When the clock strikes next, and for which warning: the earliest still to come, else the end itself."""
    ahead = [(recycle_at - timedelta(days=days), days) for days in pool.warn_days]
    ahead = sorted(one for one in ahead if one[0] > moment)
    at, days = ahead[0] if ahead else (recycle_at, None)
    return at, {"days": days, "recycle_at": recycle_at.isoformat()}


def pool_clock(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Tell when a customer goes back to its pool, by which rule, and what would put that off.

    Without `recycle_at` it does not go back, or you may not read what that follows from.
    """
    seen = select(Customer.owner_id).where(Customer.id == customer_id, sight.in_sight(caller))
    row = session.execute(seen).one_or_none()
    if row is None:
        raise NotFound
    pools = scope.ordered(session)
    person = scope.person_of(session, row.owner_id)
    pool = governing(pools, person)
    told: dict[str, Any] = {"customer_id": customer_id, "owner_id": row.owner_id, "pool_id": None, "recycle_at": None}
    told |= {"rule": None, "conditions": [], "warnings": [], "owned_since": None, "protected_until": None}
    told |= {"last_follow_up_at": None}
    clock = reading(session, pool, customer_id) if pool and row.owner_id else None
    if pool is None or clock is None:
        return told
    told |= {"pool_id": pool.id, "owned_since": clock.owned_since, "protected_until": clock.protected_until}
    told |= {"last_follow_up_at": clock.last_follow_up_at}
    return told | (_end(caller, pool, clock) if clock.recycle_at else {})


def _end(caller: Caller, pool: Pool, clock: Any) -> dict[str, Any]:
    rule = pool.recycle_rules[clock.rule]
    if not all(_may_read(caller, clock, RESETS[one["kind"]][1]) for one in rule["conditions"]):
        return {}
    warnings = [clock.recycle_at - timedelta(days=days) for days in sorted(pool.warn_days, reverse=True)]
    conditions = [_condition(clock, one["kind"], one["days"]) for one in rule["conditions"]]
    return {
        "recycle_at": clock.recycle_at,
        "rule": rule["name"],
        "conditions": conditions,
        "warnings": [at for at in warnings if at > clock.owned_since],
    }


def _condition(clock: Any, kind: str, days: int) -> dict[str, Any]:
    by, fact, from_first_day = RESETS[kind]
    since = getattr(clock, fact)
    if from_first_day:
        since = max(clock.owned_since, since or clock.owned_since)
    met = since and since + timedelta(days=days)
    return {"kind": kind, "days": days, "since": since, "met_at": met, "reset_by": by}


def _may_read(caller: Caller, clock: Any, fact: str) -> bool:
    own = clock.owner_id == caller.user_id
    return fact not in RULED or caller.access(CUSTOMERS, fact, own=own) >= Access.READ

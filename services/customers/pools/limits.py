"""The rules that a claim must meet, each of which says when it will have passed.

Whoever counts what a person has or has done takes the person's lock before: of two at once the second one sees what the
first one did. The lock on customers comes before it, so that nobody waits for each other in a circle.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, not_, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.filters import compiled
from chassis.identity.caller import Caller
from chassis.identity.policy import NO_LIMITS
from contracts.customers import CUSTOMERS
from services.customers.listing import FILTERABLE
from services.customers.models import Customer, Ownership
from services.customers.pool_errors import CapacityReached, ClaimQuotaReached, CoolingDown, NotForYou, StillFresh
from services.customers.pool_models import CAPACITY, CLAIMS_PER_DAY, Pool, claim_ledger
from services.customers.pool_scope import way_in

LEDGER = claim_ledger.c

HOUSE = Caller(user_id=UUID(int=0), session_id=None, name="", field_rules=NO_LIMITS)
"""For filters that belong to a pool rather than to whoever meets them."""


def lock(session: Session, people: Iterable[UUID]) -> None:
    """Let nobody else count what these people have until the transaction ends."""
    for user_id in sorted(set(people)):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"customers.owner {user_id}", 0))))


def check_claim(session: Session, caller: Caller, pool: Pool, customer: Customer) -> None:
    """Raises what refuses the caller's claim, else counts it; his lock is taken."""
    above = pool.administered_by(caller.user_id)
    if not above:
        _check_waiting(session, caller, pool, customer)
        check_room(session, caller, pool, customer.id)
    _count_claim(session, caller, pool, customer.id, None if above else pool.limit(CLAIMS_PER_DAY, caller))


def check_room(session: Session, person: Caller, pool: Pool, customer_id: UUID) -> None:
    """Raises CapacityReached if the person, whose lock is taken, cannot look after another customer."""
    most = pool.limit(CAPACITY, person)
    if most is None or not session.scalar(select(Customer.id).where(Customer.id == customer_id, counted(pool))):
        return
    if owned(session, person.user_id, pool, up_to=most) >= most:
        raise CapacityReached(f"{person.name} owns {most} already, which is as many as can be", passes_at=None)


def owned(session: Session, user_id: UUID, pool: Pool, *, up_to: int) -> int:
    """How many customers of the person count; not all of very many are looked at."""
    his = select(Customer.id).where(Customer.owner_id == user_id, counted(pool)).limit(up_to).subquery()
    return session.scalar(select(func.count()).select_from(his)) or 0


def counted(pool: Pool) -> ColumnElement[bool]:
    """The condition for customers that need room in somebody's capacity."""
    if pool.not_counted is None:
        return Customer.id.is_not(None)
    return not_(func.coalesce(matches(pool.not_counted), False))


def matches(tree: Any) -> ColumnElement[bool]:
    """A filter of a pool as a condition."""
    return compiled(tree, FILTERABLE, resource=CUSTOMERS, caller=HOUSE)


def _check_waiting(session: Session, caller: Caller, pool: Pool, customer: Customer) -> None:
    """Raises NotForYou, StillFresh and CoolingDown."""
    if not (pool.enabled and way_in(pool, caller)):
        raise NotForYou
    if pool.fresh_hours and customer.pooled_at:
        _check_over(StillFresh, "Everybody can take it", customer.pooled_at + timedelta(hours=pool.fresh_hours))
    if pool.cool_down_hours:
        last = select(Ownership.from_id, Ownership.at).where(Ownership.customer_id == customer.id)
        line = session.execute(last.order_by(Ownership.at.desc(), Ownership.id.desc()).limit(1)).one_or_none()
        if line and line.from_id == caller.user_id:
            _check_over(CoolingDown, "You can take it again", line.at + timedelta(hours=pool.cool_down_hours))


def _check_over(refusal: Any, what: str, passes_at: Any) -> None:
    if now() < passes_at:
        raise refusal(f"{what} from {passes_at:%Y-%m-%d %H:%M} UTC", passes_at=passes_at)


def _count_claim(session: Session, caller: Caller, pool: Pool, customer_id: UUID, most: int | None) -> None:
    """Enter the claim into the ledger of the day; raises ClaimQuotaReached."""
    moment = now()
    day = pool.day_of(moment)
    own = and_(LEDGER.pool_id == pool.id, LEDGER.user_id == caller.user_id, LEDGER.day == day.date)
    used = session.scalar(select(func.coalesce(func.max(LEDGER.seq), 0)).where(own)) or 0
    if most is not None and used >= most:
        raise ClaimQuotaReached(f"{most} a day can be claimed from {pool.name}", passes_at=day.ends_at)
    entry = {"pool_id": pool.id, "user_id": caller.user_id, "day": day.date, "seq": used + 1}
    session.execute(insert(claim_ledger).values(entry | {"customer_id": customer_id, "at": moment}))

"""Who takes a customer from a pool, puts one back, or hands one to a colleague; and who has owned it."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.outbox import record
from chassis.paging import paged
from contracts.customers import CustomerChanged, CustomerClaimed, CustomerReleased
from services.customers import pool_scope as scope
from services.customers import sight
from services.customers.commands import note_owner
from services.customers.errors import AlreadyClaimed, AlreadyInPool, UnknownOwner
from services.customers.models import Customer, Ownership
from services.customers.news import news
from services.customers.pool_errors import ReasonRequired, UnknownReason
from services.customers.pool_models import Pool, ReleaseReason
from services.customers.pools import limits

HISTORY = (
    *(Ownership.id, Ownership.from_id, Ownership.to_id, Ownership.by_id, Ownership.how),
    *(Ownership.reason, Ownership.reason_id, Ownership.pool_id, Ownership.why, Ownership.at),
)


def claim_customer(session: Session, caller: Caller, customer_id: UUID) -> Customer:
    """Take a customer from its pool.

    Of several who try, the first one gets it; the others learn that it is taken. A refusal names the rule of the pool
    and the instant from which it does not refuse any more. A claim counts on its day, even if you release the customer.
    """
    customer = locked(session, customer_id, once_seen(caller))
    return claim(session, caller, customer)


def claim(session: Session, caller: Caller, customer: Customer) -> Customer:
    """Give a customer, which is locked, to the caller if the rules of its pool let him have it."""
    if not customer.in_pool:
        raise AlreadyClaimed
    pool = scope.pool_of(session, customer.pool_id)
    limits.lock(session, [caller.user_id])
    limits.check_claim(session, caller, pool, customer)
    customer.claim(caller.user_id, caller.main_team)
    note_owner(session, caller, customer, from_id=None, how="claim", reason=None)
    record(session, news(CustomerClaimed, customer))
    return customer


def release_customer(session: Session, caller: Caller, customer_id: UUID, **why: Any) -> Customer:
    """Put a customer back into a pool.

    Without `pool_id` it goes to the first pool, by priority, that is for its owner.
    """
    customer = locked(session, customer_id, sight.in_sight(caller))
    return release(session, caller, customer, **why)


def release(
    session: Session,
    caller: Caller,
    customer: Customer,
    *,
    reason: str | None,
    reason_id: UUID | None,
    pool_id: UUID | None,
) -> Customer:
    """Put a customer, which is locked, into a pool."""
    check_reach(caller, "customers:release", customer)
    if customer.in_pool:
        raise AlreadyInPool
    pool = scope.open_pool(session, caller, pool_id, owner_id=customer.owner_id)
    _check_reason(session, pool, reason_id)
    owner_id = customer.owner_id
    customer.release(pool.id)
    note_owner(session, caller, customer, from_id=owner_id, how="release", reason=reason, reason_id=reason_id)
    record(session, news(CustomerReleased, customer))
    return customer


def assign_customer(
    session: Session, caller: Caller, customer_id: UUID, owner_id: UUID, reason: str | None
) -> Customer:
    """Hand a customer to somebody, from its owner or from its pool.

    It takes room in his capacity, but does not count among his claims of the day.
    """
    customer = locked(session, customer_id, sight.in_sight(caller))
    check_reach(caller, "customers:assign", customer)
    return assign(session, caller, customer, owner_id, reason=reason, why=None)


def assign(
    session: Session, caller: Caller, customer: Customer, owner_id: UUID, *, reason: str | None, why: str | None
) -> Customer:
    """Give a customer, which is locked, to somebody who has room for it."""
    person = scope.person_of(session, owner_id)
    if person is None:
        raise UnknownOwner
    former_id, pool = customer.owner_id, _pool_for(session, customer, person)
    if former_id != owner_id and not pool.administered_by(caller.user_id):
        limits.lock(session, [owner_id])
        limits.check_room(session, person, pool, customer.id)
    if customer.assign(owner_id, directory_of(session).team_of(owner_id)):
        note_owner(session, caller, customer, from_id=former_id, how="assign", reason=reason, why=why)
        record(session, news(CustomerChanged, customer))
    return customer


def customer_owners(
    session: Session, caller: Caller, customer_id: UUID, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List who has owned a customer, the present owner first."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    query = select(*HISTORY).where(Ownership.customer_id == customer_id)
    return paged(session, query, order=Ownership.at, key=Ownership.id, descending=True, limit=limit, cursor=cursor)


def once_seen(caller: Caller) -> ColumnElement[bool]:
    """Customers in sight, and those that somebody else took from a pool that is for the caller."""
    taken = and_(Customer.pooled_at.is_not(None), Customer.pool_id.in_(scope.pools_of(caller)))
    return or_(sight.in_sight(caller), taken)


def locked(session: Session, customer_id: UUID, condition: Any) -> Customer:
    """The customer, which nobody else changes until the transaction ends; raises NotFound."""
    query = select(Customer).where(Customer.id == customer_id, condition)
    customer = session.scalar(query.with_for_update())
    if customer is None:
        raise NotFound
    return customer


def _pool_for(session: Session, customer: Customer, person: Caller) -> Pool:
    """Whose rules hold for the new owner: the pool's in which it lies, else those of the one that is for him."""
    if customer.in_pool:
        return scope.pool_of(session, customer.pool_id)
    return scope.match(scope.ordered(session), person)


def _check_reason(session: Session, pool: Pool, reason_id: UUID | None) -> None:
    if reason_id is None and pool.reason_required:
        raise ReasonRequired
    known = select(ReleaseReason.id).where(ReleaseReason.id == reason_id, ReleaseReason.enabled)
    if reason_id is not None and session.scalar(known) is None:
        raise UnknownReason


def check_reach(caller: Caller, permission: str, customer: Customer) -> None:
    """Raises NotFound unless the permission covers the customer; one in the pool is everybody's who may claim it."""
    if not customer.in_pool and not caller.reaches(permission, owner_id=customer.owner_id, team_id=customer.team_id):
        raise NotFound

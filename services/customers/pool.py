"""The shared pool: who takes a customer from it, puts one back, or hands one to a colleague."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.outbox import record
from chassis.paging import paged
from contracts.customers import CustomerChanged, CustomerClaimed, CustomerReleased
from services.customers import sight
from services.customers.commands import note_owner
from services.customers.errors import UnknownOwner
from services.customers.models import Customer, Ownership
from services.customers.news import news

HISTORY = (
    *(Ownership.id, Ownership.from_id, Ownership.to_id, Ownership.by_id),
    *(Ownership.how, Ownership.reason, Ownership.at),
)


def claim_customer(session: Session, caller: Caller, customer_id: UUID) -> Customer:
    """Take a customer from the shared pool.

    Of several who try, the first one gets it; the others learn that it is taken.
    """
    once_seen = or_(sight.in_sight(caller), Customer.pooled_at.is_not(None))
    customer = _locked(session, customer_id, once_seen)
    customer.claim(caller.user_id, caller.main_team)
    note_owner(session, caller, customer, from_id=None, how="claim", reason=None)
    record(session, news(CustomerClaimed, customer))
    return customer


def release_customer(session: Session, caller: Caller, customer_id: UUID, reason: str | None) -> Customer:
    """Put a customer back into the shared pool."""
    customer = _locked(session, customer_id, sight.in_sight(caller))
    _check_reach(caller, "customers:release", customer)
    owner_id = customer.owner_id
    customer.release()
    note_owner(session, caller, customer, from_id=owner_id, how="release", reason=reason)
    record(session, news(CustomerReleased, customer))
    return customer


def assign_customer(
    session: Session, caller: Caller, customer_id: UUID, owner_id: UUID, reason: str | None
) -> Customer:
    """Hand a customer to somebody, from its owner or from the pool."""
    customer = _locked(session, customer_id, sight.in_sight(caller))
    _check_reach(caller, "customers:assign", customer)
    directory = directory_of(session)
    if not directory.is_active(owner_id):
        raise UnknownOwner
    former_id = customer.owner_id
    if customer.assign(owner_id, directory.team_of(owner_id)):
        note_owner(session, caller, customer, from_id=former_id, how="assign", reason=reason)
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


def _locked(session: Session, customer_id: UUID, condition: Any) -> Customer:
    query = select(Customer).where(Customer.id == customer_id, condition)
    customer = session.scalar(query.with_for_update())
    if customer is None:
        raise NotFound
    return customer


def _check_reach(caller: Caller, permission: str, customer: Customer) -> None:
    """Raises NotFound unless the permission covers the customer; one in the pool is everybody's who may claim it."""
    if not customer.in_pool and not caller.reaches(permission, owner_id=customer.owner_id, team_id=customer.team_id):
        raise NotFound

"""Customers as this service knows them: a replica fed by events, and the rule of who sees which."""

from uuid import UUID

from sqlalchemy import ColumnElement, Label, Select, case, literal, or_, select
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.replicas import drop, keep_newer
from contracts.customers import CustomerRemoved, CustomerState
from services.tickets.errors import CustomerNotKnownHere
from services.tickets.models import Customer


def keep_customer(session: Session, event: CustomerState) -> None:
    """Take over a customer's state, unless a newer one is here already."""
    keep_newer(
        session,
        Customer,
        event,
        name=event.name,
        owner_id=event.owner_id,
        team_id=event.team_id,
        in_pool=event.in_pool and event.pool_for_all,  # what is for some only is out of sight here until it is claimed
    )


def drop_customer(session: Session, event: CustomerRemoved) -> None:
    """Forget a customer that is there no more."""
    drop(session, Customer, event)


def in_sight(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller sees a customer: it is in his reach, or in the pool and he may claim it."""
    reached = visible(Customer, caller, "customers:read")
    return or_(reached, Customer.in_pool) if caller.may("customers:claim") else reached


def customers_in_sight(caller: Caller) -> Select[UUID]:
    """The ids of the customers that the caller sees."""
    return select(Customer.id).where(in_sight(caller))


def name_in_sight(caller: Caller) -> Label[str | None]:
    """The column ``customer_name``, null for a customer that the caller does not see."""
    return case((in_sight(caller), Customer.name)).label("customer_name")


def check_customer(session: Session, caller: Caller, customer_id: UUID) -> None:
    """Raises CustomerNotKnownHere unless the caller sees the customer."""
    seen = select(literal(1)).where(Customer.id == customer_id, in_sight(caller))
    if session.scalar(seen) is None:
        raise CustomerNotKnownHere

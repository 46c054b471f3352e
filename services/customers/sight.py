"""Whose customers a caller sees: those that customers:read reaches, and with customers:claim those in the pool."""

from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, and_, or_, select, true
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller, Reach
from chassis.identity.visibility import visible
from services.customers.models import Customer

READ, CLAIM = "customers:read", "customers:claim"

TABLE = Customer.__table__.c

Paths = list[ColumnExpressionArgument[bool]]
"""Conditions that exclude each other."""


def in_sight(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller sees a customer."""
    reached = visible(Customer, caller, READ)
    return or_(reached, Customer.in_pool) if caller.may(CLAIM) else reached


def visible_ids(caller: Caller) -> Select[UUID]:
    """The ids of the customers that the caller sees."""
    return select(Customer.id).where(in_sight(caller))


def paths(caller: Caller, *, in_pool: bool | None = None) -> Paths:
    """``in_sight`` as conditions that exclude each other and each have an index in every order.

    A list reads along each of them and merges: one condition with OR would have no order, and would read every
    customer. ``in_pool`` asks for those in the pool only, or for the others only.
    """
    if caller.reach(READ) is Reach.ALL:
        return [true() if in_pool is None else TABLE.in_pool if in_pool else TABLE.in_pool.is_(False)]
    pool: Paths = [TABLE.in_pool] if caller.may(CLAIM) else []
    if in_pool:
        return pool
    return _owned(caller) + (pool if in_pool is None else [])


def _owned(caller: Caller) -> Paths:
    reach = caller.reach(READ)
    if reach is None:
        return []
    teams = {Reach.TEAM: caller.teams, Reach.TEAM_TREE: sorted(caller.team_tree)}.get(reach, ())
    others = (and_(TABLE.team_id == team, TABLE.owner_id != caller.user_id) for team in dict.fromkeys(teams))
    return [TABLE.owner_id == caller.user_id, *others]


def reached(
    session: Session, caller: Caller, customer_id: UUID, permission: str, expected_version: int | None = None
) -> Customer:
    """A customer that the permission reaches, locked for a change; raises NotFound and PreconditionFailed."""
    query = select(Customer).where(Customer.id == customer_id, visible(Customer, caller, permission))
    customer = session.scalar(query.with_for_update())
    if customer is None:
        raise NotFound
    if expected_version is not None and customer.version != expected_version:
        raise PreconditionFailed
    return customer

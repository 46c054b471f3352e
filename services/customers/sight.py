"""Which customers a caller sees: those that customers:read reaches, or that are shared with him, and with
customers:claim those in the pools that are for him.
"""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, and_, literal_column, or_, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller, Reach
from chassis.identity.policy import Access
from chassis.identity.visibility import shared_with, visible
from contracts.customers import CUSTOMERS
from services.customers import pool_scope as scope
from services.customers.models import Customer

READ, CLAIM = "customers:read", "customers:claim"

TABLE = Customer.__table__.c

EVERY = TABLE.version > literal_column("0")
"""True of each customer, and what admits the indexes that have them all (see ``models``)."""

Paths = tuple[ColumnExpressionArgument[bool], ...]
"""Conditions, of which a customer may meet several."""


def in_sight(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller sees a customer."""
    reached = visible(Customer, caller, READ)
    return or_(reached, in_pools_of(caller)) if caller.may(CLAIM) else reached


def in_pools_of(caller: Caller) -> ColumnElement[bool]:
    """The condition for customers that wait in a pool that is for the caller."""
    return and_(Customer.in_pool, Customer.pool_id.in_(scope.pools_of(caller)))


def visible_ids(caller: Caller) -> Select[UUID]:
    """The ids of the customers that the caller sees."""
    return select(Customer.id).where(in_sight(caller))


@lru_cache(1_000)
def paths(caller: Caller, pools: tuple[UUID, ...] = (), *, in_pool: bool | None = None) -> Paths:
    """``in_sight`` as conditions that each have an index in every order; ``pools``: see ``pools_for``.

    A list reads along each of them and merges: one condition with OR would have no order, and would read every
    customer. ``in_pool`` asks for those in pools only, or for the others only.
    """
    waiting = waiting_in(pools)
    if caller.reach(READ) is Reach.ALL:
        return (EVERY,) if in_pool is None else waiting if in_pool else (and_(EVERY, TABLE.in_pool.is_(False)),)
    shared = shared_with(Customer, caller, READ)
    if in_pool:
        return waiting + tuple(and_(way, TABLE.in_pool) for way in shared)
    if in_pool is False:
        return _owned(caller) + tuple(and_(way, TABLE.in_pool.is_(False)) for way in shared)
    return _owned(caller) + shared + waiting


@lru_cache(1_000)
def waiting_in(pools: tuple[UUID, ...]) -> Paths:
    """The customers that wait in these pools."""
    return tuple(and_(TABLE.in_pool, TABLE.pool_id == pool_id) for pool_id in pools)


def pools_for(session: Session, caller: Caller) -> tuple[UUID, ...]:
    """The pools whose customers he sees: all, or those that are for him if he may claim."""
    if caller.reach(READ) is Reach.ALL:
        return scope.every_id(session)
    return scope.ids_in_scope(session, caller) if caller.may(CLAIM) else ()


@lru_cache(1_000)
def paths_of_both(caller: Caller, permission: str) -> Paths:
    """The customers that both customers:read and another permission reach by themselves, so not by way of shares."""
    reaches = [caller.reach(READ), caller.reach(permission)]
    narrower = None if None in reaches else min(reach for reach in reaches if reach)
    return (EVERY,) if narrower is Reach.ALL else _within(caller, narrower)


def _owned(caller: Caller) -> Paths:
    return _within(caller, caller.reach(READ))


def _within(caller: Caller, reach: Reach | None) -> Paths:
    if reach is None or reach is Reach.SHARED:
        return ()
    teams = {Reach.TEAM: caller.teams, Reach.TEAM_TREE: sorted(caller.team_tree)}.get(reach, ())
    # What is the caller's own is not excluded from his team's: in a team of his own that would be all there is to read.
    return (TABLE.owner_id == caller.user_id, *(TABLE.team_id == team for team in dict.fromkeys(teams)))


def known_country(caller: Caller, customer: Customer) -> str | None:
    """Where the customer is, as far as the caller may know: the form of a telephone number would tell."""
    own = customer.owner_id == caller.user_id
    return customer.country if caller.access(CUSTOMERS, "country", own=own) >= Access.READ else None


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


def may_change(session: Session, caller: Caller, customer: Customer, permission: str = "customers:change") -> bool:
    """Whether the permission reaches a customer, also by way of a share."""
    if caller.reaches(permission, owner_id=customer.owner_id, team_id=customer.team_id):
        return True
    shared = select(Customer.id).where(Customer.id == customer.id, visible(Customer, caller, permission))
    return session.scalar(shared) is not None

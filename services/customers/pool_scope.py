"""For whom a pool is, and which one takes what an owner gives back."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.database import ReadingSession
from chassis.errors import NotFound, Unauthenticated
from chassis.identity.caller import Caller, Reach
from chassis.prepared import PreparedQuery
from services.customers.errors import UnknownPool
from services.customers.models import DEFAULT_POOL
from services.customers.pool_models import Pool

READ, CHANGE = "pools:read", "pools:change"

TABLE = Pool.__table__.c
TOLD = ("id", "enabled", "everybody", "people", "teams", "roles", "administrators", "hidden_fields")
KNOWN = PreparedQuery(select(*(TABLE[name] for name in TOLD)).order_by(TABLE.id))


def in_scope(caller: Caller) -> ColumnElement[bool]:
    """The condition for the pools that the caller may take customers from."""
    ways: list[ColumnElement[bool]] = [
        Pool.everybody.is_(True),
        Pool.people.contains([caller.user_id]),
        Pool.administrators.contains([caller.user_id]),
    ]
    if caller.teams_above:
        ways.append(Pool.teams.overlap(sorted(caller.teams_above)))
    if caller.roles:
        ways.append(Pool.roles.overlap(sorted(caller.roles)))
    return and_(Pool.enabled, or_(*ways))


def pools_of(caller: Caller) -> Any:
    """The ids of these pools, as a part of a query."""
    return select(Pool.id).where(in_scope(caller)).scalar_subquery()


def known(session: Session) -> Sequence[Any]:
    """What lists have to know of the pools, of which there are few: for whom they are, and what they hide.

    A query reads them once; commands may change them between two looks.
    """
    if not isinstance(session, ReadingSession):
        return KNOWN.execute(session, {}).all()
    if "pools" not in session.info:
        session.info["pools"] = KNOWN.execute(session, {}).all()
    return cast(Sequence[Any], session.info["pools"])


def ids_in_scope(session: Session, caller: Caller) -> tuple[UUID, ...]:
    """The ids of these pools: the rule of ``in_scope`` in the rows of ``known``."""
    return tuple(one.id for one in known(session) if one.enabled and _takes_from(one, caller))


def every_id(session: Session) -> tuple[UUID, ...]:
    """The ids of all pools."""
    return tuple(one.id for one in known(session))


def readable(caller: Caller) -> ColumnElement[bool]:
    """The condition for the pools whose rules the caller may look at: with the reach all, every one."""
    return Pool.id.is_not(None) if caller.reach(READ) is Reach.ALL else in_scope(caller)


def changeable(caller: Caller) -> ColumnElement[bool]:
    """Likewise for those that he may change: with less than the reach all, those that he administers."""
    everywhere = caller.reach(CHANGE) is Reach.ALL
    return Pool.id.is_not(None) if everywhere else Pool.administrators.contains([caller.user_id])


def _takes_from(pool: Any, caller: Caller) -> bool:
    return caller.user_id in pool.administrators or way_in(pool, caller) is not None


def way_in(pool: Any, person: Caller | None) -> str | None:
    """By what the person is in the pool's scope; None if he is not."""
    if pool.everybody:
        return "everybody"
    if person is None:
        return None
    if person.user_id in pool.people:
        return "person"
    if not person.teams_above.isdisjoint(pool.teams):
        return "team"
    return "role" if not person.roles.isdisjoint(pool.roles) else None


def ordered(session: Session) -> list[Pool]:
    """All pools in the order in which they are asked whether they take an owner's customers."""
    return list(session.scalars(select(Pool).order_by(Pool.priority, Pool.id)))


def match(pools: list[Pool], person: Caller | None) -> Pool:
    """The pool that takes what the person gives back: the first one that is open and for him, else the default one."""
    for pool in pools:
        if pool.enabled and way_in(pool, person):
            return pool
    return next(pool for pool in pools if pool.id == DEFAULT_POOL)


def person_of(session: Session, user_id: UUID | None) -> Caller | None:
    """An active person as the directory knows him; None for anybody else."""
    if user_id is None:
        return None
    try:
        return directory_of(session).caller(user_id)
    except Unauthenticated:
        return None


def pool_of(session: Session, pool_id: UUID) -> Pool:
    """A pool by its id; raises NotFound."""
    pool = session.get(Pool, pool_id)
    if pool is None:
        raise NotFound
    return pool


def open_pool(session: Session, caller: Caller, pool_id: UUID | None, *, owner_id: UUID | None = None) -> Pool:
    """Where the caller wants a customer to go, or the pool for its owner (himself); raises UnknownPool."""
    if pool_id is None:
        person = caller if owner_id in (None, caller.user_id) else person_of(session, owner_id)
        return match(ordered(session), person)
    usable = or_(in_scope(caller), and_(Pool.enabled, changeable(caller)))
    pool = session.scalar(select(Pool).where(Pool.id == pool_id, usable))
    if pool is None:
        raise UnknownPool
    return pool

"""What rules would do, before they do it: the same expression that the clocks read, for all customers at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers import sight
from services.customers.models import Customer
from services.customers.pool_models import Pool, customer_tickets
from services.customers.pools.administering import check_rules
from services.customers.recycling.rules import TABLE, readings

TICKETS = customer_tickets.c


def simulate_rules(
    session: Session, caller: Caller, pool_id: UUID, rules: list[dict[str, Any]] | None, days: int, limit: int
) -> dict[str, Any]:
    """Tell which customers would go back to a pool, now and in the next days, by these rules or by its own.

    It is what the run would do if nothing else happened in the meantime. The numbers are about all customers; `items`
    are those of them that you see, the first to go first. You need to be able to change the pool.
    """
    pool = session.scalar(select(Pool).where(Pool.id == pool_id, scope.changeable(caller)))
    if pool is None:
        raise NotFound
    if rules is not None:
        check_rules(caller, rules)
    used = pool.recycle_rules if rules is None else rules
    moment = now()
    told: dict[str, Any] = {"at": moment, "until": moment + timedelta(days=days), "now": 0, "within": 0}
    told |= {"with_open_tickets": 0, "items": []}
    return told | (_going(session, caller, pool, used, told, limit) if used else {})


def _going(
    session: Session, caller: Caller, pool: Pool, rules: list[dict[str, Any]], told: dict[str, Any], limit: int
) -> dict[str, Any]:
    clocks = readings(rules).where(_taken_by(session, pool)).subquery("clocks")
    open_tickets = select(func.count()).where(TICKETS.customer_id == clocks.c.customer_id, TICKETS.in_work)
    counted = open_tickets.scalar_subquery()
    going = clocks.c.recycle_at <= told["until"]
    numbers = select(
        func.count().filter(clocks.c.recycle_at <= told["at"]).label("now"),
        func.count().label("within"),
        func.count().filter(counted > 0).label("with_open_tickets"),
    ).where(going)
    shown = (
        select(
            clocks.c.customer_id, clocks.c.owner_id, clocks.c.recycle_at, clocks.c.rule, counted.label("open_tickets")
        )
        .join(Customer.__table__, TABLE.id == clocks.c.customer_id)
        .where(going, sight.in_sight(caller))
        .order_by(clocks.c.recycle_at, clocks.c.customer_id)
        .limit(limit)
    )
    items = [row | {"rule": rules[row["rule"]]["name"]} for row in dicts(session.execute(shown))]
    return dict(session.execute(numbers).one()._mapping) | {"items": items}


def _taken_by(session: Session, pool: Pool) -> ColumnElement[bool]:
    """The condition for customers of owners whose pool it is; whoever has left has the one that is for everybody."""
    pools = scope.ordered(session)
    people = directory_of(session).active_people()
    his = [one for one in people if scope.match(pools, scope.person_of(session, one)) is pool]
    if scope.match(pools, None) is not pool:
        return TABLE.owner_id.in_(his)
    others = sorted(set(people) - set(his))
    return TABLE.owner_id.not_in(others)

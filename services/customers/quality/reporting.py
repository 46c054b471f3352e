"""Scores of many customers together: by owner, team, pool, stage or kind, and the worst customers one by one."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.identity.caller import Caller, Reach
from chassis.merging.working import UUIDS
from chassis.paging import Keyset
from services.customers import pool_scope as scope
from services.customers.models import Customer
from services.customers.paths import merged
from services.customers.quality.reading import TABLE, Q, in_reach, openly
from services.customers.sight import CLAIM, READ, Paths
from services.customers.tasks.models import QUALITY

GROUPS = {
    "owner": TABLE.owner_id,
    "team": TABLE.team_id,
    "pool": TABLE.pool_id,
    "stage": TABLE.lifecycle_stage,
    "kind": TABLE.kind,
}
PARTS = ("score", "completeness", "validity", "freshness")
STEPS = (20, 40, 60, 80)
"""Where the five parts of the distribution end."""
MOST_GROUPS, MOST_FIELDS = 500, 20
SHOWN = [column for column in TABLE if column.key != "falls_on"]


def report_quality(session: Session, caller: Caller, *, by: str, **wanted: Any) -> dict[str, Any]:
    """Count the customers that you see, with the averages and the distribution of their scores.

    In all, and by owner, team, pool, stage or kind, the lowest average first; then the fields that are missing, invalid
    or too old most often. What is only shared with you does not count, nor whose score follows from what you may not
    see.
    """
    conditions = [in_reach(session, caller), *_wanted(wanted)]
    group = GROUPS[by]
    numbers = select(group.label("id"), *_numbers()).where(*conditions)
    ordered = numbers.group_by(group).order_by(func.avg(TABLE.score), func.count().desc(), group).limit(MOST_GROUPS)
    whole = dicts(session.execute(select(*_numbers()).where(*conditions)))[0]
    items = [_tidy(row) for row in dicts(session.execute(ordered))]
    return {"all": _tidy(whole), "items": items, "fields": _fields(session, conditions)}


def worst_customers(
    session: Session,
    caller: Caller,
    *,
    sort: str,
    limit: int,
    cursor: str | None,
    below: int | None,
    lacks: str | None,
    **wanted: Any,
) -> dict[str, Any]:
    """List customers that you see by the score of their data, the lowest first.

    What is only shared with you is not in it, nor customers whose score follows from what you may not see.
    """
    keyset = Keyset(TABLE.score, TABLE.customer_id, descending=sort.startswith("-"))
    conditions = [openly(session, caller), keyset.beyond(cursor), *_wanted(wanted)]
    if below is not None:
        conditions.append(TABLE.score < below)
    if lacks is not None:
        conditions.append(or_(*(literal(lacks) == any_(TABLE[state]) for state in QUALITY)))
    ways = _paths(session, caller)
    rows = dicts(session.execute(merged(ways, keyset, conditions, limit + 1, SHOWN))) if ways else []
    page = keyset.page(rows, limit)
    ids = [row["customer_id"] for row in page["items"]]
    named = select(Customer.id, Customer.name).where(Customer.id == any_(literal(ids, UUIDS)))
    names: dict[UUID, str] = {row.id: row.name for row in session.execute(named)} if ids else {}
    page["items"] = [row | {"name": names[row["customer_id"]]} for row in page["items"] if row["customer_id"] in names]
    return page


def _paths(session: Session, caller: Caller) -> Paths:
    """``in_reach`` as conditions that each have an index in the order of the scores."""
    reach = caller.reach(READ)
    if reach is Reach.ALL:
        return (TABLE.score >= 0,)
    pools = scope.ids_in_scope(session, caller) if caller.may(CLAIM) else ()
    waiting = tuple(TABLE.pool_id == one for one in pools)
    if reach is None or reach is Reach.SHARED:
        return waiting
    teams = {Reach.TEAM: caller.teams, Reach.TEAM_TREE: sorted(caller.team_tree)}.get(reach, ())
    return (Q.owner_id == caller.user_id, *(TABLE.team_id == team for team in dict.fromkeys(teams)), *waiting)


def _wanted(wanted: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [TABLE[name] == value for name, value in wanted.items() if value is not None]


def _numbers() -> list[Any]:
    ends = (0, *STEPS, 101)
    steps = [
        func.count().filter(TABLE.score >= least, TABLE.score < most).label(f"from_{least}")
        for least, most in pairwise(ends)
    ]
    return [func.count().label("customers"), *(func.avg(TABLE[name]).label(name) for name in PARTS), *steps]


def _tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Averages with one decimal place, the distribution as a list."""
    averages = {name: None if row[name] is None else round(float(row[name]), 1) for name in PARTS}
    spread = [row.pop(name) for name in [name for name in row if name.startswith("from_")]]
    return row | averages | {"distribution": spread}


def _fields(session: Session, conditions: list[Any]) -> list[dict[str, Any]]:
    """What is missing, invalid or too old most often."""
    parts = [
        select(literal(state).label("state"), func.unnest(TABLE[state]).label("field")).where(*conditions)
        for state in QUALITY
    ]
    every = union_all(*parts).subquery()
    counts = [func.count().filter(every.c.state == state).label(state) for state in QUALITY]
    counted = select(every.c.field, *counts).group_by(every.c.field).order_by(func.count().desc(), every.c.field)
    return dicts(session.execute(counted.limit(MOST_FIELDS)))

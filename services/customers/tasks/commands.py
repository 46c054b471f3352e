"""Looking at tasks, counting and dismissing them."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.paging import Keyset
from services.customers.models import Customer
from services.customers.paths import merged
from services.customers.sight import READ
from services.customers.tasks.making import tell
from services.customers.tasks.models import OPEN, CustomerTask
from services.customers.tasks.seeing import TABLE, paths, readable, tellable, within

NAMES = (
    *("id", "version", "customer_id", "owner_id", "team_id", "kind", "subject", "about", "due_at", "state"),
    *("reason", "closed_at", "closed_by", "created_at"),
)
SHOWN = [TABLE[name] for name in NAMES]
CHANGE = "customers:change"
MOST_GROUPS = 1_000


def find_tasks(
    session: Session,
    caller: Caller,
    *,
    state: str,
    overdue: bool | None,
    sort: str,
    limit: int,
    cursor: str | None,
    **wanted: Any,
) -> dict[str, Any]:
    """List tasks about the data of customers that you see, those that are due first to begin with.

    A task is done by itself as soon as the customer is as it should be. What is about fields that you may not read is
    left out.
    """
    keyset = Keyset(TABLE.due_at, TABLE.id, descending=sort.startswith("-"))
    conditions = [TABLE.state == state, tellable(session, caller), keyset.beyond(cursor)]
    conditions += [TABLE[name] == value for name, value in wanted.items() if value is not None]
    if overdue is not None:
        conditions.append(TABLE.due_at <= now() if overdue else TABLE.due_at > now())
    ways = paths(caller)
    rows = dicts(session.execute(merged(ways, keyset, conditions, limit + 1, SHOWN))) if ways else []
    page = keyset.page(rows, limit)
    page["items"] = _with_names(session, caller, page["items"])
    return page


def get_task(session: Session, caller: Caller, task_id: UUID) -> dict[str, Any]:
    """Look at a task."""
    rows = dicts(session.execute(select(*SHOWN).where(TABLE.id == task_id, _in_sight(session, caller, READ))))
    if not rows:
        raise NotFound
    return _with_names(session, caller, rows)[0]


def dismiss_task(session: Session, caller: Caller, task_id: UUID, reason: str) -> dict[str, Any]:
    """Say why a task is not to be done.

    The same is not asked again, unless it has been right in the meantime.
    """
    mine = select(CustomerTask).where(CustomerTask.id == task_id, _in_sight(session, caller, CHANGE))
    task = session.scalar(mine.where(within(caller, READ)).with_for_update())
    if task is None:
        raise NotFound
    task.dismiss(reason, by=caller.user_id)
    session.flush()
    tell(session, task)
    return _with_names(session, caller, [{name: getattr(task, name) for name in NAMES}])[0]


def count_tasks(session: Session, caller: Caller, *, by: str, team_id: UUID | None) -> dict[str, Any]:
    """Count the open tasks that you see, by team or by owner and by kind; those with the most that are late first."""
    group = TABLE.team_id if by == "team" else TABLE.owner_id
    late = func.count().filter(TABLE.due_at <= now())
    counted = select(group.label("id"), TABLE.kind, func.count().label("open"), late.label("overdue"))
    counted = counted.where(TABLE.state == OPEN, _in_sight(session, caller, READ))
    if team_id is not None:
        counted = counted.where(TABLE.team_id == team_id)
    ordered = counted.group_by(group, TABLE.kind).order_by(late.desc(), func.count().desc(), group, TABLE.kind)
    return {"items": dicts(session.execute(ordered.limit(MOST_GROUPS)))}


def _in_sight(session: Session, caller: Caller, permission: str) -> Any:
    return within(caller, permission) & tellable(session, caller)


def _with_names(session: Session, caller: Caller, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the names of customers, and what they are about as far as the caller may know it."""
    ids = {row["customer_id"] for row in rows}
    named = select(Customer.id, Customer.name).where(Customer.id.in_(ids)) if ids else None
    names = {row.id: row.name for row in session.execute(named)} if named is not None else {}
    readings = {own: readable(session, caller, own=own) for own in (True, False)}
    for row in rows:
        known = readings[row["owner_id"] == caller.user_id]
        row["about"] = [name for name in row["about"] if caller.field_rules.unlimited or name in known]
        row["customer_name"] = names[row["customer_id"]]
    return rows

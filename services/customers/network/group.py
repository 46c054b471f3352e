"""The tree of companies below a customer, of any depth, with what they are together."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from contracts.customers import CUSTOMERS
from services.customers import sight
from services.customers.models import Customer
from services.customers.network.around import NODE

MOST_SHOWN = 500
SUMMED = ("employees", "revenue")

TABLE = Customer.__table__.c


def group(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Look at the companies below a customer, to any depth, with their sums.

    A branch ends at a company that you do not see. All of them are counted and summed; at most 500 are shown, those
    nearest the top first. Sums of fields that you cannot read in every record are null.
    """
    seen = sight.in_sight(caller)
    top = select(TABLE.id, literal(0).label("depth")).where(TABLE.id == customer_id, seen)
    tree = top.cte("tree", recursive=True)
    below = select(TABLE.id, tree.c.depth + 1).join(tree, TABLE.parent_id == tree.c.id).where(seen)
    tree = tree.union_all(below)
    rows = select(*NODE, TABLE.parent_id, tree.c.depth).join(tree, tree.c.id == TABLE.id)
    shown = dicts(session.execute(rows.order_by(tree.c.depth, TABLE.name_key, TABLE.id).limit(MOST_SHOWN)))
    if not shown:
        raise NotFound
    return {"nodes": [_node(row) for row in shown], **_sums(session, caller, tree)}


def _sums(session: Session, caller: Caller, tree: Any) -> dict[str, Any]:
    readable = [name for name in SUMMED if caller.field_rules.reads(CUSTOMERS, name)]
    sums = [func.sum(TABLE[name]).label(name) for name in readable]
    query = select(func.count().label("members"), func.max(tree.c.depth).label("depth"), *sums)
    (row,) = dicts(session.execute(query.join_from(tree, Customer.__table__, TABLE.id == tree.c.id)))
    return dict.fromkeys(SUMMED) | row


def _node(row: dict[str, Any]) -> dict[str, Any]:
    depth, parent_id = row.pop("depth"), row.pop("parent_id")
    return {"customer": row, "depth": depth, "parent_id": parent_id if depth else None}

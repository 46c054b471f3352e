"""Fields that are not shown of customers in a pool until somebody has claimed them: neither told nor searched by.

Administrators of the pool see them, and whoever may do everything everywhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from chassis.filters import Filterable, SeenFilter
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, CUSTOM_NAME, Access
from contracts.customers import CUSTOMERS
from services.customers import pool_scope as scope
from services.customers.pool_models import Pool

HIDEABLE = frozenset(name for name, field in CUSTOMERS.fields.items() if field.least is Access.HIDDEN)


def is_hideable(name: str) -> bool:
    """Whether a pool may hide the field: one that roles may hide, or one that the house has added."""
    return name in HIDEABLE or CUSTOM_NAME.fullmatch(name) is not None


def withhold(session: Session, caller: Caller, page: dict[str, Any]) -> dict[str, Any]:
    """The page, in which each customer in a pool says which of its fields are withheld."""
    waiting = {row["pool_id"] for row in page["items"] if row["in_pool"]}
    if waiting and not caller.field_rules.unlimited:
        hidden = hidden_in(session, caller, waiting)
        for row in page["items"]:
            if row["in_pool"]:
                row["withheld"] = hidden.get(row["pool_id"], [])
    return page


def hidden_in(session: Session, caller: Caller, pools: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The fields that these pools hide from the caller, by pool."""
    asked = set(pools)
    hiding = (one for one in scope.known(session) if one.id in asked and caller.user_id not in one.administrators)
    return {one.id: one.hidden_fields for one in hiding}


def open_filter(caller: Caller, seen: SeenFilter | None, tree: Any, more: Iterable[str]) -> "OpenFilter | None":
    """The filter, made of the tree, of a search that is also for these fields; it finds nothing by what is hidden."""
    asked = {*fields_of(tree), *more}
    asked |= {CUSTOM for name in asked if CUSTOM_NAME.fullmatch(name)}
    fields = () if caller.field_rules.unlimited else tuple(sorted(filter(is_hideable, asked)))
    return OpenFilter(seen, fields, caller) if seen or fields else None


def fields_of(tree: Any) -> Iterator[str]:
    """The fields that a filter tree asks for, wherever they stand in it."""
    if isinstance(tree, dict):
        if isinstance(tree.get("field"), str):
            yield tree["field"]
        for branch in tree.values():
            yield from fields_of(branch)
    elif isinstance(tree, list):
        for one in tree:
            yield from fields_of(one)


@dataclass(frozen=True)
class OpenFilter:
    """A filter that leaves out customers of which one of the fields is hidden: whatever it says, it tells nothing."""

    seen: SeenFilter | None
    fields: tuple[str, ...]
    caller: Caller

    def __call__(self, columns: Filterable) -> ColumnElement[bool]:
        """The condition on these columns; raises Invalid."""
        conditions = [self.seen(columns)] if self.seen else []
        if self.fields:
            hiding = select(Pool.id).where(Pool.hidden_fields.overlap(list(self.fields)), _hides_from(self.caller))
            conditions.append(or_(not_(columns["in_pool"]), columns["pool_id"].not_in(hiding)))
        return and_(*conditions)


def _hides_from(caller: Caller) -> ColumnElement[bool]:
    return not_(Pool.administrators.contains([caller.user_id]))

"""The rules of a pool as one SQL expression, which tells of a single customer and of all of them alike.

Each condition has an instant from which it is met and stays met until something resets it. So a rule that needs all of
its conditions has the latest of their instants, one that is content with any the earliest, and the pool the earliest of
its rules. What never happens has the instant infinity.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, and_, case, func, literal, literal_column, null, select

from services.customers.models import Customer, Ownership
from services.customers.pool_models import pool_states
from services.customers.pools.limits import matches

TABLE, STATE = Customer.__table__.c, pool_states.c
MOMENT = DateTime(timezone=True)
NEVER: ColumnElement[Any] = literal_column("'infinity'::timestamptz", MOMENT)

OWNED_SINCE = func.coalesce(
    TABLE.owned_at,
    select(func.max(Ownership.at))
    .where(Ownership.customer_id == TABLE.id)
    .correlate(Customer.__table__)
    .scalar_subquery(),
    TABLE.created_at,
    type_=MOMENT,
)
"""Customers that came to their owner before this was noted have it in their history."""

PROTECTED_UNTIL = case(
    (and_(STATE.protected_by == TABLE.owner_id, STATE.protected_since >= OWNED_SINCE), STATE.protected_until),
    else_=null(),
)
"""Only what the present owner has protected since he has it."""

BASES = {
    "no_follow_up": func.greatest(OWNED_SINCE, STATE.last_follow_up_at, type_=MOMENT),
    "no_deal": func.greatest(OWNED_SINCE, TABLE.last_deal_at, type_=MOMENT),
    "protection_end": PROTECTED_UNTIL,
    "contract_end": TABLE.contract_ends_at,
}
"""From when the days of a condition count; whoever was never contacted counts from when the owner got the customer."""

FACTS = (
    TABLE.id.label("customer_id"),
    TABLE.owner_id,
    OWNED_SINCE.label("owned_since"),
    STATE.last_follow_up_at,
    PROTECTED_UNTIL.label("protected_until"),
    TABLE.last_deal_at,
    TABLE.contract_ends_at,
)


def readings(rules: list[dict[str, Any]]) -> Select[Any]:
    """The clocks of customers with an owner: the facts, ``recycle_at`` and the place of the rule in ``rule``."""
    instants = [_of_rule(rule) for rule in rules]
    first = func.least(*instants, type_=MOMENT) if len(instants) > 1 else instants[0]
    place = case(*((instant == first, number) for number, instant in enumerate(instants)))
    at = func.greatest(first, PROTECTED_UNTIL, type_=MOMENT)
    tables = Customer.__table__.outerjoin(pool_states, STATE.customer_id == TABLE.id)
    read = select(*FACTS, func.nullif(at, NEVER, type_=MOMENT).label("recycle_at"), place.label("rule"))
    return read.select_from(tables).where(TABLE.owner_id.is_not(None))


def _of_rule(rule: dict[str, Any]) -> ColumnElement[Any]:
    """The instant from which the rule takes a customer."""
    instants = [_of_condition(one["kind"], one["days"]) for one in rule["conditions"]]
    join = func.greatest if rule["match"] == "all" else func.least
    instant: ColumnElement[Any] = join(*instants, type_=MOMENT) if len(instants) > 1 else instants[0]
    return instant if rule["filter"] is None else case((matches(rule["filter"]), instant), else_=NEVER)


def _of_condition(kind: str, days: int) -> ColumnElement[Any]:
    return func.coalesce(BASES[kind] + literal(timedelta(days=days)), NEVER, type_=MOMENT)

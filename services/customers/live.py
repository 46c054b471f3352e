"""What somebody who listens is told of changes of customers: which fields of those that he may see, and their values.

Values are told of what holds no personal data, as they are now; for all else he reads the customer, which is noted.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.custom_fields.defined import Definitions, custom_fields_of
from chassis.database import dicts
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, Access
from contracts.customers import CUSTOMERS
from services.customers import pool_hiding, sight
from services.customers.listing import LISTED, TABLE
from services.customers.models import Customer
from services.customers.personal import PERSONAL

ALWAYS = ("id", "owner_id", "in_pool", "pool_id")
TOLD = frozenset(LISTED) - {field.name for field in PERSONAL.tables()["customers"]}
"""The columns without personal data."""


def shown_changes(session: Session, caller: Caller, changed: dict[UUID, list[str]]) -> dict[UUID, dict[str, Any]]:
    """For each of these customers that he sees the names that he may know, and the values."""
    names = TOLD.intersection(name for some in changed.values() for name in some)
    columns = [TABLE[name] for name in dict.fromkeys((*ALWAYS, *sorted(names)))]
    query = select(*columns).where(sight.in_sight(caller), Customer.id.in_(list(changed)))
    rows = dicts(session.execute(query))
    pool_hiding.withhold(session, caller, {"items": rows})
    added = custom_fields_of(session).of(CUSTOMERS)
    return {row["id"]: _told(caller, added, row, changed[row["id"]]) for row in rows}


def _told(caller: Caller, added: Definitions, row: dict[str, Any], changed: Iterable[str]) -> dict[str, Any]:
    own, withheld = row["owner_id"] == caller.user_id, row.get("withheld", ())
    names = [name for name in changed if _may_know(caller, added, name, own=own, withheld=withheld)]
    values = {
        name: shown(caller, CUSTOMERS, name, row[name], own=own, secret=name in withheld)
        for name in names
        if name in TOLD
    }
    return {"changed": names, "values": values}


def _may_know(caller: Caller, added: Definitions, name: str, *, own: bool, withheld: Iterable[str]) -> bool:
    """Whether he sees something of the field: that it changed tells of it, too."""
    if name.startswith(f"{CUSTOM}."):
        one = added.by_key.get(name.removeprefix(f"{CUSTOM}."))
        hidden = CUSTOM in withheld or name in withheld
        return one is not None and not hidden and added.access(caller.field_rules, one, own=own) > Access.HIDDEN
    if not CUSTOMERS.knows(name) or (name in withheld and CUSTOMERS.fields[name].mask is None):
        return False
    return caller.access(CUSTOMERS, name, own=own) > Access.HIDDEN

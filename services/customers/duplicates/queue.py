"""The queue of pairs that somebody has to look at."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, literal, select
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.merging.working import UUIDS
from chassis.paging import paged
from contracts.customers import CUSTOMERS
from services.customers import sight
from services.customers.duplicates.pairs import TABLE, DuplicatePair
from services.customers.models import Customer

FIELDS = {"registration": "registration_number"}
"""Features whose field has another name."""

SHOWN = [TABLE.c[name] for name in ("id", "one_id", "other_id", "likeness", "reasons", "state", "created_at")]


def find_duplicates(session: Session, caller: Caller, state: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """List pairs of customers that may be one, the likeliest first; you see both of each pair."""
    query = select(*SHOWN).where(TABLE.c.state == state, *_in_sight(caller))
    order, key = TABLE.c.likeness, TABLE.c.id
    page = paged(session, query, order=order, key=key, descending=True, limit=limit, cursor=cursor)
    ids = [one[name] for one in page["items"] for name in ("one_id", "other_id")]
    named = select(Customer.id, Customer.name).where(Customer.id == any_(literal(ids, UUIDS)))
    names = {row["id"]: row["name"] for row in dicts(session.execute(named))}
    page["items"] = [_shown(caller, one, names) for one in page["items"]]
    return page


def tell_apart(session: Session, caller: Caller, pair_id: UUID) -> dict[str, Any]:
    """Decide that two customers are not one; they are never proposed again.

    To make one of them, merge them.
    """
    query = select(DuplicatePair).where(DuplicatePair.id == pair_id, *_in_sight(caller))
    pair = session.scalar(query.with_for_update())
    if pair is None:
        raise NotFound
    pair.tell_apart(caller.user_id)
    named = select(Customer.id, Customer.name).where(Customer.id.in_([pair.one_id, pair.other_id]))
    names = {row["id"]: row["name"] for row in dicts(session.execute(named))}
    return _shown(caller, {column.name: getattr(pair, column.name) for column in SHOWN}, names)


def _in_sight(caller: Caller) -> list[Any]:
    """Both customers are there, and the caller sees them."""
    seen = select(Customer.id).where(sight.in_sight(caller), Customer.erased_at.is_(None))
    return [seen.where(Customer.id == column).exists() for column in (TABLE.c.one_id, TABLE.c.other_id)]


def _shown(caller: Caller, pair: dict[str, Any], names: dict[UUID, str]) -> dict[str, Any]:
    """With names, and without the reasons that the caller may not know of."""
    reads = caller.field_rules.reads
    known = [name for name in pair["reasons"] if reads(CUSTOMERS, FIELDS.get(name, name))]
    likeness = {name: pair["reasons"][name] for name in known}
    whose = {"one_name": names[pair["one_id"]], "other_name": names[pair["other_id"]]}
    return pair | whose | {"likeness": pair["likeness"] / 1000, "reasons": likeness}

"""Who is there already: customers with the same number, address or name, as far as the caller may know of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Select, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CUSTOMERS
from services.customers import sight
from services.customers.duplicates.keys import REGISTRATION, Key, holders, registered
from services.customers.models import Contact, Customer

MOST = 20
"""Matches in one answer."""
NAME = "name"
REASONS = ("registration_number", "phone", "email", NAME, "contact_phone", "contact_email")

TABLE = Customer.__table__.c
SHOWN = tuple(
    TABLE[name]
    for name in (
        "id",
        "name",
        "owner_id",
        "team_id",
        "in_pool",
        "marks",
        "name_key",
        "kind",
        "country",
        "registration_number",
    )
)


@dataclass(frozen=True)
class Wanted:
    """What a customer is looked for by."""

    keys: frozenset[Key] = frozenset()
    customer: Any = None
    """What describes it; its registration number is looked for."""
    name_key: str | None = None
    contacts: bool = False
    """Whether those count, too, who have a contact with the number or address."""
    but: UUID | None = None
    """The customer that it is about."""


def matches(session: Session, caller: Caller, wanted: Wanted) -> list[dict[str, Any]]:
    """The customers that have any of it, the strongest reasons first; what is out of sight has neither id nor name."""
    by_key = holders(session, wanted.keys)
    by_contact = _with_contacts(session, wanted) if wanted.contacts else {}
    ways = _ways(wanted, {*by_key.values(), *by_contact})
    if not ways:
        return []
    found_by_any = _at_once(select(TABLE.id).where(or_(*ways), sight.EVERY))
    query = select(*SHOWN, sight.in_sight(caller).label("seen"))
    query = query.where(TABLE.id.in_(select(found_by_any.c.id)), TABLE.erased_at.is_(None))
    if wanted.but is not None:
        query = query.where(TABLE.id != wanted.but)
    rows = session.execute(query.order_by(TABLE.created_at, TABLE.id).limit(MOST)).all()
    found = [(reasons, row) for row in rows if (reasons := _reasons(row, wanted, by_key, by_contact.get(row.id, ())))]
    found.sort(key=lambda one: REASONS.index(one[0][0]))
    return [_shown(session, caller, row, reasons) for reasons, row in found]


def _ways(wanted: Wanted, ids: Collection[UUID]) -> list[Any]:
    ways = [TABLE.marks.overlap(_marks(wanted))] if wanted.keys else []
    if wanted.customer and registered(wanted.customer):
        ways.append(TABLE.registration_number == wanted.customer.registration_number)
    if ids:
        ways.append(TABLE.id.in_(ids))
    if wanted.name_key:
        ways.append(TABLE.name_key == wanted.name_key)
    return ways


def _with_contacts(session: Session, wanted: Wanted) -> dict[UUID, set[str]]:
    """The customers whose contacts have it, and by what."""
    contacts, found = Contact.__table__.c, dict[UUID, set[str]]()
    if not wanted.keys:
        return found
    alike = _at_once(select(contacts.customer_id, contacts.marks).where(contacts.marks.overlap(_marks(wanted))))
    for row in session.execute(select(alike).limit(MOST)):
        marks = {bytes(one) for one in row.marks}
        found.setdefault(row.customer_id, set()).update(
            f"contact_{kind}" for kind, mark in wanted.keys if mark in marks
        )
    return found


def _at_once(query: Select[Any]) -> Any:
    """All that a query finds, of which an answer then takes the first.

    PostgreSQL takes marks for common: it would rather read the whole table until there are enough than ask the index.
    """
    return query.cte().prefix_with("MATERIALIZED")


def _marks(wanted: Wanted) -> Any:
    return literal([mark for _, mark in wanted.keys], ARRAY(LargeBinary))


def _reasons(row: Any, wanted: Wanted, by_key: dict[Key, UUID], more: Iterable[str]) -> list[str]:
    marks = {bytes(one) for one in row.marks}
    reasons = {key[0] for key in wanted.keys if key[1] in marks or by_key.get(key) == row.id} | set(more)
    if wanted.customer and registered(row) and registered(row) == registered(wanted.customer):
        reasons.add(REGISTRATION)
    if wanted.name_key and row.name_key == wanted.name_key:
        reasons.add(NAME)
    return sorted(reasons, key=REASONS.index)


def _shown(session: Session, caller: Caller, row: Any, reasons: list[str]) -> dict[str, Any]:
    directory = directory_of(session)
    known = row.seen and not _by_what_is_hidden(caller, row, reasons)
    return {
        "customer_id": row.id if known else None,
        "name": row.name if known else None,
        "owner_id": row.owner_id if known else None,
        "in_pool": row.in_pool,
        "team": directory.team_name(row.team_id) if row.team_id else None,
        "reasons": reasons,
    }


def _by_what_is_hidden(caller: Caller, row: Any, reasons: Iterable[str]) -> bool:
    """Whether it was found by a field of which the caller must not know what stands there."""
    own = row.owner_id == caller.user_id
    fields = {one.removeprefix("contact_") for one in reasons}
    return any(caller.access(CUSTOMERS, name, own=own) is Access.HIDDEN for name in fields)

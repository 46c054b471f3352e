"""Search by a telephone number or its end, an e-mail address or a registration number: exactly, and only where the
caller may read it. What is masked to him is not searched: an answer would tell what the mask hides.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers import pool_hiding
from services.customers.external_ids.models import ExternalId
from services.customers.marks import LONGEST_TAIL, SHORTEST_TAIL, beside_of, digits_of
from services.customers.models import Contact, Customer
from services.customers.phones import normal_phone
from services.customers.registration import normal_registration_number

EMAIL, PHONE, REGISTRATION, EXTERNAL = "email", "phone", "registration_number", "external_id"

NUMBER = re.compile(r"\+?[0-9][0-9 ()/.-]*")
REGISTERED = re.compile(r"(?=.*[0-9])[0-9A-Za-z][0-9A-Za-z ./-]{4,59}")

OUTSIDE = re.compile(r"(?=.*[0-9])\S{2,200}")
"""What may be an id in another system."""

TABLE, PEOPLE, CALLED = Customer.__table__.c, Contact.__table__.c, ExternalId.__table__.c


def reached_there(session: Session, caller: Caller, text: str) -> Select[Any] | None:
    """Customers (and contacts, or null) that have just this, and by which field; None if the text is no such thing."""
    found = []
    kind, marks = _marks(vault_of(session), text.strip())
    if kind and marks:
        found += [_customers(caller, kind, _any_of(TABLE, marks)), _contacts(caller, kind, _any_of(PEOPLE, marks))]
    if number := _registered(text.strip()):
        found.append(_customers(caller, REGISTRATION, TABLE.registration_number == number))
    if OUTSIDE.fullmatch(text.strip()):
        found.append(_called_so(text.strip()))
    return select(union_all(*found).subquery()) if found else None


def is_address(text: str) -> bool:
    """Whether it can be no name, but an e-mail address."""
    return "@" in text.strip("@ ")


def _customers(caller: Caller, by: str, condition: ColumnElement[bool]) -> Select[Any]:
    contact_id = null().cast(PEOPLE.id.type).label("contact_id")
    found = select(TABLE.id.label("customer_id"), contact_id, literal(by).label("by"))
    return found.where(condition, readable(caller, CUSTOMERS, by))


def _contacts(caller: Caller, by: str, condition: ColumnElement[bool]) -> Select[Any]:
    found = select(PEOPLE.customer_id, PEOPLE.id, literal(by)).join(Customer, TABLE.id == PEOPLE.customer_id)
    return found.where(condition, readable(caller, CONTACTS, by))


def _called_so(text: str) -> Select[Any]:
    """Customers who have this id in another system."""
    contact_id = null().cast(PEOPLE.id.type).label("contact_id")
    return select(CALLED.customer_id, contact_id, literal(EXTERNAL).label("by")).where(CALLED.external_id == text)


def _any_of(columns: Any, marks: list[bytes]) -> ColumnElement[bool]:
    return or_(*(columns.marks.contains([mark]) for mark in marks))


def _marks(vault: Vault, text: str) -> tuple[str | None, list[bytes]]:
    """The contact data that the text looks like, and what would mark it."""
    if is_address(text):
        return EMAIL, [vault.mark("email", text.lower()), *beside_of(vault, [text], [])]
    digits = digits_of(text)
    if not NUMBER.fullmatch(text) or len(digits) < SHORTEST_TAIL:
        return None, []
    number = digits_of(normal_phone(text, None))
    whole = [vault.mark("phone", number), *beside_of(vault, [], [number])]
    return PHONE, [*whole, *([vault.mark("tail", digits)] if len(digits) <= LONGEST_TAIL else [])]


def _registered(text: str) -> str | None:
    if not REGISTERED.fullmatch(text):
        return None
    try:
        return normal_registration_number(text)
    except ValueError:
        return None


def readable(caller: Caller, resource: Any, field: str) -> ColumnElement[bool]:
    """The customers of which the caller may read this field, and whose pool does not hide it."""
    shown = pool_hiding.open_filter(caller, None, None, [field])
    open_to_all = shown({"in_pool": TABLE.in_pool, "pool_id": TABLE.pool_id}) if shown else TABLE.id.is_not(None)
    if caller.field_rules.reads(resource, field):
        return open_to_all
    if caller.access(resource, field, own=True) >= Access.READ:
        return and_(open_to_all, TABLE.owner_id == caller.user_id)
    return literal(False)

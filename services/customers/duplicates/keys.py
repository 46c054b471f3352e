"""What no two customers may have: each of these belongs to the one that came first, whatever happens at once.

A key is the blind index (``marks``) of each telephone number and mail address that a customer has itself and that is
not stale, or of the registration number of an organisation. Those of contacts are none: two people may share a
switchboard.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, delete, select, text, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from services.customers.channel_marks import reached_at
from services.customers.marks import digits_of
from services.customers.models import Base
from services.customers.registration import CREDIT_CODE

KINDS = PHONE, EMAIL, REGISTRATION = ("phone", "email", "registration_number")

Key = tuple[str, bytes]
"""The kind and the mark."""

INTERNATIONAL = re.compile(r"\+[0-9]{7,15}")
"""E.164; what could not be understood as a number tells nobody apart."""

CLAIM = text(
    "INSERT INTO customer_keys (kind, mark, customer_id)"
    " SELECT * FROM unnest(CAST(:kinds AS varchar[]), CAST(:marks AS bytea[]), CAST(:owners AS uuid[]))"
    " ON CONFLICT DO NOTHING"
)


class CustomerKey(Base):
    """That a customer has something which no other may have."""

    __tablename__ = "customer_keys"
    __resource__ = None

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)


def keys_of(vault: Vault, customer: Any) -> frozenset[Key]:
    """The keys of a customer, or of a draft with the attributes of one."""
    found = set()
    phones, emails = reached_at(customer)
    for phone in phones:
        if INTERNATIONAL.fullmatch(phone):
            found.add((PHONE, vault.mark("phone", digits_of(phone))))
    for email in emails:
        found.add((EMAIL, vault.mark("email", email.lower())))
    if number := registered(customer):
        found.add((REGISTRATION, vault.mark(REGISTRATION, number)))
    return frozenset(found)


def registered(customer: Any) -> str | None:
    """What tells an organisation apart by its register: credit codes by themselves, other numbers in their country."""
    number: str | None = customer.registration_number
    if not number or customer.kind != "organisation":
        return None
    return number if CREDIT_CODE.fullmatch(number) else f"{customer.country or ''} {number}"


def claim(session: Session, wanted: Iterable[tuple[UUID, Key]]) -> bool:
    """Give each key to its customer unless another has it; waits for whoever is about to get one.

    All go in one order, so that two who want the same keys never wait for each other. Answers whether all were free.
    """
    rows = sorted((*key, customer_id.hex) for customer_id, key in wanted)
    if not rows:
        return True
    kinds, marks, owners = (list(column) for column in zip(*rows, strict=True))
    given: Any = session.execute(CLAIM, {"kinds": kinds, "marks": marks, "owners": owners})
    return bool(given.rowcount == len(rows))


def holders(session: Session, wanted: Collection[Key]) -> dict[Key, UUID]:
    """Who has these keys."""
    if not wanted:
        return {}
    table = CustomerKey.__table__.c
    query = select(table.kind, table.mark, table.customer_id).where(tuple_(table.kind, table.mark).in_(wanted))
    return {(row.kind, bytes(row.mark)): row.customer_id for row in session.execute(query)}


def release(session: Session, customer_id: UUID, keys: Collection[Key]) -> None:
    """Let others have these keys of a customer."""
    if keys:
        table = CustomerKey.__table__.c
        mine = table.customer_id == customer_id
        session.execute(delete(CustomerKey).where(mine, tuple_(table.kind, table.mark).in_(keys)))


def keep_only_present(session: Session, customer: Any) -> None:
    """Let go of the keys that follow from what is not known of the customer any more."""
    table = CustomerKey.__table__.c
    present = keys_of(vault_of(session), customer)
    others = [table.customer_id == customer.id]
    if present:
        others.append(tuple_(table.kind, table.mark).not_in(present))
    session.execute(delete(CustomerKey).where(*others))

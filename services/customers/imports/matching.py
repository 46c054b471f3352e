"""Which customer a row means: by what the order says makes a row and a customer the same."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, array
from sqlalchemy.orm import Session, selectinload

from chassis.encryption.vault import Vault
from chassis.identity.caller import Caller
from services.customers import sight
from services.customers.external_ids import models as external
from services.customers.imports.reading import Reading
from services.customers.marks import digits_of
from services.customers.models import Customer
from services.customers.phones import normal_phone

Key = tuple[str, Any]
"""The kind of a key and what is compared."""

ID, NAME, PHONE, EMAIL, EXTERNAL = "id", "name", "phone", "email", "external_id"
REACHED = (PHONE, EMAIL)


def keys_of(vault: Vault, reading: Reading, kinds: Iterable[str]) -> list[Key]:
    """What the row can be found by, in the order in which it is tried."""
    made: dict[str, Callable[[], Any]] = {
        ID: lambda: reading.record_id,
        NAME: lambda: reading.name_key,
        PHONE: lambda: _phone(vault, reading.fields.get("phone"), reading.fields.get("country")),
        EMAIL: lambda: _email(vault, reading.fields.get("email")),
        EXTERNAL: lambda: reading.external_id,
    }
    found = ((kind, made[kind]() if kind in made else reading.fields.get(kind)) for kind in kinds)
    return [(kind, value) for kind, value in found if value]


def written(key: Key) -> bytes:
    """The key as it stands in the ledger."""
    kind, value = key
    return value if isinstance(value, bytes) else f"{kind}:{value}".encode()


def _phone(vault: Vault, phone: str | None, country: str | None) -> bytes | None:
    digits = digits_of(normal_phone(phone, country))
    return vault.mark("phone", digits) if digits else None


def _email(vault: Vault, email: str | None) -> bytes | None:
    return vault.mark("email", email.lower()) if email else None


class Matches:
    """The customers in sight that the rows of a chunk can mean."""

    def __init__(
        self, session: Session, caller: Caller, *, contacts: bool, lock: bool, system: str | None = None
    ) -> None:
        """``contacts`` loads these too; ``lock`` keeps others from changing what is found.

        ``system`` is the one in which external ids are.
        """
        self._system = system
        self._session, self._caller = session, caller
        self._contacts, self._lock = contacts, lock
        self._found: dict[Key, list[Customer]] = {}

    def find(self, keys: Iterable[Key]) -> None:
        """Look for all of these."""
        by_kind: dict[str, list[Any]] = {}
        for kind, value in dict.fromkeys(keys):
            by_kind.setdefault(kind, []).append(value)
        self._find_external(by_kind.pop(EXTERNAL, []))
        for kind, values in by_kind.items():
            for customer in self._session.scalars(self._query(kind, values)):
                self._note(kind, customer, set(values))

    def of(self, keys: Iterable[Key]) -> tuple[str | None, list[Customer]]:
        """The customers that the first of the keys finds that finds any, and its kind."""
        return next(((key[0], self._found[key]) for key in keys if key in self._found), (None, []))

    def ids(self) -> set[UUID]:
        """Of all that were found."""
        return {one.id for found in self._found.values() for one in found}

    def _find_external(self, ids: list[str]) -> None:
        owners = external.holders(self._session, self._system or "", ids)
        found = {one.id: one for one in self._session.scalars(self._query(ID, list(owners.values())))} if owners else {}
        for external_id, customer_id in owners.items():
            if customer_id in found:
                self._found[EXTERNAL, external_id] = [found[customer_id]]

    def _query(self, kind: str, values: list[Any]) -> Any:
        query = select(Customer).where(_same(kind, values), sight.in_sight(self._caller)).order_by(Customer.id)
        query = query.options(selectinload(Customer.contacts)) if self._contacts else query
        return query.with_for_update() if self._lock else query

    def _note(self, kind: str, customer: Customer, wanted: set[Any]) -> None:
        has = [bytes(mark) for mark in customer.marks] if kind in REACHED else [_value(kind, customer)]
        for value in wanted.intersection(has):
            self._found.setdefault((kind, value), []).append(customer)


def _value(kind: str, customer: Customer) -> Any:
    return {ID: customer.id, NAME: customer.name_key}.get(kind) or getattr(customer, kind)


def _same(kind: str, values: list[Any]) -> Any:
    if kind in REACHED:
        return Customer.marks.overlap(array(values, type_=BYTEA))
    column: Any = Customer.name_key if kind == NAME else getattr(Customer, kind)
    return column == any_(cast(values, ARRAY(column.type)))

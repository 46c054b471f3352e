"""Adding, changing and removing addresses. They are changes of the customer, also those of its contacts."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.errors import Invalid
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record as tell
from contracts.customers import CustomerChanged
from services.customers import sight
from services.customers.address_book import Address, AddressBook
from services.customers.addresses.errors import AddressExists, TooManyAddresses
from services.customers.addresses.showing import after_change, check_writable, known, view_of
from services.customers.channels.commands import of_customer, opened
from services.customers.channels.showing import Record
from services.customers.models import Customer
from services.customers.news import news

CHANGE = "customers:change"
MOST = 20
"""Of a customer itself, and of each contact."""


def customer_addresses(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """List all addresses of a customer and its contacts.

    What the fields `address`, `city` and `country` of the customer say is `primary`.
    """
    return view_of(caller, *opened(session, caller, customer_id))


def add_address(
    session: Session, caller: Caller, customer_id: UUID, *, contact_id: UUID | None, **said: Any
) -> dict[str, Any]:
    """Add an address of a customer, or of one of its contacts.

    The first one is primary.
    """
    customer = sight.reached(session, caller, customer_id, CHANGE)
    record = of_customer(customer, contact_id)
    check_writable(caller, customer, (name for name, value in said.items() if value is not None))
    address = replace(Address(str(new_id())), **_stored(said))
    if len(record.addresses_book().addresses) >= MOST:
        raise TooManyAddresses
    _keep(session, customer, record, address)
    return after_change(caller, customer)


def change_address(
    session: Session, caller: Caller, customer_id: UUID, address_id: UUID, expected_version: int, **fields: Any
) -> dict[str, Any]:
    """Change an address, or make it the primary one.

    Fields that are not given stay as they are. If-Match is the version of the customer.
    """
    customer = sight.reached(session, caller, customer_id, CHANGE, expected_version)
    record, address = known(caller, customer, address_id)
    check_writable(caller, customer, fields)
    _keep(session, customer, record, replace(address, **_stored(fields)))
    return after_change(caller, customer)


def remove_address(
    session: Session, caller: Caller, customer_id: UUID, address_id: UUID, expected_version: int
) -> dict[str, Any]:
    """Remove an address that never was one; one that is past has a last day.

    If-Match is the version of the customer.
    """
    customer = sight.reached(session, caller, customer_id, CHANGE, expected_version)
    record, address = known(caller, customer, address_id)
    check_writable(caller, customer, ())
    book = record.addresses_book()
    book.remove(address)
    _store(session, customer, record, book)
    return after_change(caller, customer)


def _keep(session: Session, customer: Customer, record: Record, address: Address) -> None:
    if address.since and address.until and address.since > address.until:
        raise Invalid.field("/until", "Before its first day.")
    if address.primary and address.until:
        raise Invalid.field("/until", "The primary one cannot be past; make another one the primary one first.")
    book = record.addresses_book()
    if book.like(address):
        raise AddressExists
    book.put(address)
    _store(session, customer, record, book)


def _store(session: Session, customer: Customer, record: Record, book: AddressBook) -> None:
    if record.change({**book.values, "addresses": book.text}):
        if record is not customer:
            customer.touch()
        tell(session, news(CustomerChanged, customer))


def _stored(said: dict[str, Any]) -> dict[str, Any]:
    """As the book has it."""
    found = {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}
    return found | ({"lines": tuple(found["lines"])} if "lines" in found else {})

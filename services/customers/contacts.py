"""Those whom we reach at a customer. Their changes are changes of the customer."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.customers import CustomerChanged
from services.customers import pool_viewing as viewing
from services.customers import sight
from services.customers.errors import IdTaken
from services.customers.models import Contact, Customer
from services.customers.news import news
from services.customers.personal import PERSONAL
from services.customers.phones import normal_phone

TABLE = Contact.__table__.c

SHOWN = tuple(TABLE[name] for name in ("id", "version", "customer_id", "name", "title", "email", "phone", "is_primary"))
WITH_OWNER = (*SHOWN, Customer.owner_id, Customer.in_pool, Customer.pool_id)
"""Whose own the contact is, and where it waits; the answer does not show it."""
SEALED = [name for name in PERSONAL.sealed()["contacts"] if name in {column.name for column in SHOWN}]


def get_contact(session: Session, caller: Caller, contact_id: UUID) -> dict[str, Any]:
    """Look at a contact."""
    query = select(*WITH_OWNER).join(Customer).where(Contact.id == contact_id, sight.in_sight(caller))
    rows = dicts(session.execute(query))
    if not rows:
        raise NotFound
    in_pool = rows[0].pop("in_pool")
    if in_pool:
        viewing.open_in_pool(session, caller, rows[0]["customer_id"], rows[0])
    del rows[0]["pool_id"]
    return vault_of(session).open_rows(rows, "contacts", SEALED)[0]


def add_contact(session: Session, caller: Caller, customer_id: UUID, **fields: Any) -> Contact:
    """Add a contact to a customer."""
    customer = sight.reached(session, caller, customer_id, "customers:change")
    fields["phone"] = normal_phone(fields.get("phone"), sight.known_country(caller, customer))
    if fields.get("is_primary"):
        _make_room(session, customer)
    contact = Contact(**fields)
    _add(session, customer, contact)
    record(session, news(CustomerChanged, customer, "contacts"))
    return contact


def change_contact(session: Session, caller: Caller, contact_id: UUID, expected_version: int, **fields: Any) -> Contact:
    """Change a contact.

    Fields that are not given stay as they are. When it becomes the primary one, another ceases to be.
    """
    contact = _reached(session, caller, contact_id)
    if contact.version != expected_version:
        raise PreconditionFailed
    if "phone" in fields:
        fields["phone"] = normal_phone(fields["phone"], sight.known_country(caller, contact.customer))
    if fields.get("is_primary"):
        _make_room(session, contact.customer, but=contact)
    if contact.change(fields):
        contact.customer.retoken()
        contact.customer.touch()
        record(session, news(CustomerChanged, contact.customer, "contacts"))
    return contact


def remove_contact(session: Session, caller: Caller, contact_id: UUID) -> None:
    """Remove a contact."""
    contact = _reached(session, caller, contact_id)
    customer = contact.customer
    customer.contacts.remove(contact)
    session.delete(contact)
    customer.retoken()
    customer.touch()
    record(session, news(CustomerChanged, customer, "contacts"))


def _reached(session: Session, caller: Caller, contact_id: UUID) -> Contact:
    """A contact of a customer that the caller may change; the customer is locked first, so changes take turns."""
    customer_id = session.scalar(select(Contact.customer_id).where(Contact.id == contact_id))
    if customer_id is None:
        raise NotFound
    sight.reached(session, caller, customer_id, "customers:change")
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound
    return contact


def _add(session: Session, customer: Customer, contact: Contact) -> None:
    """Add a contact; raises IdTaken if the client brought an id that is in use.

    The collection takes the contact into the session, so that has to happen within the savepoint too.
    """
    if any(one.id == contact.id for one in customer.contacts):
        raise IdTaken
    try:
        with session.begin_nested():
            customer.add_contact(contact)
    except IntegrityError:
        if session.scalar(select(Contact.id).where(Contact.id == contact.id)) is None:
            raise
        raise IdTaken from None


def _make_room(session: Session, customer: Customer, but: Contact | None = None) -> None:
    """Let no other contact be the primary one; the database is told before the next one becomes it."""
    for contact in customer.contacts:
        if contact.is_primary and contact is not but:
            contact.change({"is_primary": False})
    session.flush()

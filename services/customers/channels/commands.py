"""Adding, changing and removing channels. They are changes of the customer, also those of its contacts."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from chassis.clock import now
from chassis.encryption.columns import vault_of
from chassis.errors import Invalid, NotFound
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record as tell
from contracts.customers import CustomerChanged
from services.customers import pool_viewing as viewing
from services.customers import sight
from services.customers.channel_book import STALE, VERIFIED, Book, Channel
from services.customers.channels.errors import ChannelExists, TooManyChannels
from services.customers.channels.showing import Record, after_change, check_writable, known, view_of
from services.customers.channels.values import normal
from services.customers.duplicates.checking import admit, check_permission
from services.customers.duplicates.keys import keys_of
from services.customers.errors import UnknownContact
from services.customers.models import Customer
from services.customers.news import news

CHANGE = "customers:change"
MOST = 30
"""Of a customer itself, and of each contact, the stale ones among them."""


def customer_channels(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """List all ways to reach a customer and its contacts.

    Those that stand in the fields `phone`, `email` and `website` are `primary`. Stale ones are history.
    """
    return view_of(caller, *opened(session, caller, customer_id))


def opened(session: Session, caller: Caller, customer_id: UUID) -> tuple[Customer, list[str]]:
    """A customer that the caller sees, with its contacts, and the fields that its pool withholds from him."""
    query = select(Customer).where(Customer.id == customer_id, sight.in_sight(caller))
    customer = session.scalar(query.options(selectinload(Customer.contacts)))
    if customer is None:
        raise NotFound
    row: dict[str, Any] = {"pool_id": customer.pool_id, "withheld": []}
    if customer.in_pool:
        viewing.open_in_pool(session, caller, customer_id, row)
    return customer, row["withheld"]


def add_channel(
    session: Session,
    caller: Caller,
    customer_id: UUID,
    *,
    contact_id: UUID | None,
    kind: str,
    value: str,
    allow_duplicate: bool,
    **said: Any,
) -> dict[str, Any]:
    """Add a way to reach a customer, or one of its contacts.

    The first of its kind is the primary one. One that is stale becomes current again.
    """
    check_permission(caller, allow_duplicate=allow_duplicate)
    customer = sight.reached(session, caller, customer_id, CHANGE)
    record = of_customer(customer, contact_id)
    check_writable(caller, customer, record, kind)
    value = normal(kind, value, sight.known_country(caller, customer))
    channel = Channel(str(new_id()), kind, value, since=now().date().isoformat(), **said)
    book = record.book()
    enter(book, channel)
    keep(session, caller, customer, record, book, allow=allow_duplicate)
    return after_change(caller, customer)


def change_channel(
    session: Session,
    caller: Caller,
    customer_id: UUID,
    channel_id: UUID,
    expected_version: int,
    *,
    allow_duplicate: bool,
    **fields: Any,
) -> dict[str, Any]:
    """Say what is known of a channel: that it was verified, is stale or bounces; or make it the primary one.

    If the primary one becomes stale, another one takes its place, a verified one if there is any. If-Match is the
    version of the customer.
    """
    check_permission(caller, allow_duplicate=allow_duplicate)
    customer = sight.reached(session, caller, customer_id, CHANGE, expected_version)
    record, channel = known(caller, customer, channel_id)
    if "state" in fields:
        fields |= _since(caller, fields["state"])
    changed = replace(channel, **fields)
    if changed.state == STALE and fields.get("primary"):
        raise Invalid.field("/primary", "What is stale cannot be the primary one.")
    book = record.book()
    book.put(changed)
    keep(session, caller, customer, record, book, allow=allow_duplicate)
    return after_change(caller, customer)


def remove_channel(
    session: Session, caller: Caller, customer_id: UUID, channel_id: UUID, expected_version: int
) -> dict[str, Any]:
    """Remove a channel that never was one; what was right once is better called stale.

    If-Match is the version of the customer.
    """
    customer = sight.reached(session, caller, customer_id, CHANGE, expected_version)
    record, channel = known(caller, customer, channel_id)
    book = record.book()
    book.remove(channel)
    keep(session, caller, customer, record, book)
    return after_change(caller, customer)


def of_customer(customer: Customer, contact_id: UUID | None) -> Record:
    """The customer itself or the contact; raises UnknownContact."""
    if contact_id is None:
        return customer
    for contact in customer.contacts:
        if contact.id == contact_id:
            return contact
    raise UnknownContact


def enter(book: Book, channel: Channel) -> Channel:
    """Put a new channel into the book; raises ChannelExists and TooManyChannels."""
    before = book.like(channel)
    if before is not None and before.is_current:
        raise ChannelExists
    if before is not None:
        channel = replace(channel, id=before.id)
    elif len(book.channels) >= MOST:
        _make_room(book)
    return book.put(channel)


def keep(
    session: Session, caller: Caller, customer: Customer, record: Record, book: Book, *, allow: bool = False
) -> bool:
    """Store the book; raises CustomerExists if another customer has what this one would have. Tells the others."""
    before = keys_of(vault_of(session), customer)
    if not record.keep(book):
        return False
    if record is customer:
        admit(session, caller, customer, before, allow=allow)
    else:
        customer.touch()
    tell(session, news(CustomerChanged, customer))
    return True


def _make_room(book: Book) -> None:
    """Let the history go that is oldest."""
    stale = [one for one in book.channels if not one.is_current]
    if not stale:
        raise TooManyChannels
    book.remove(min(stale, key=lambda one: one.until or ""))


def _since(caller: Caller, state: str) -> dict[str, Any]:
    """What follows from the state."""
    verified = state == VERIFIED
    return {
        "verified_at": now().isoformat() if verified else None,
        "verified_by": str(caller.user_id) if verified else None,
        "until": now().date().isoformat() if state == STALE else None,
    }

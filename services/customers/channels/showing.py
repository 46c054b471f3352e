"""What a caller sees of channels: the rules and masks of the field that a channel belongs to hold for it."""

from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from chassis.errors import Invalid, NotFound
from chassis.field_policy.intake import UNKNOWN, read_only
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.identity.policy import Access, Resource
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers.channel_book import FIELD_OF, NUMBERS, Channel
from services.customers.channels.numbers import Line, line_of
from services.customers.models import Contact, Customer

Record = Customer | Contact
"""Whose channels they are."""

OTHERS_LIKE = "phone"
"""The field whose rules hold for faxes and messengers, which have none of their own."""


def view_of(caller: Caller, customer: Customer, withheld: Collection[str]) -> dict[str, Any]:
    """All channels that the caller may know of, first those of the customer itself."""
    items = [item for record in records_of(customer) for item in _items(caller, customer, record, withheld)]
    return {"customer_id": customer.id, "version": customer.version, "items": items}


def records_of(customer: Customer) -> list[Record]:
    """The customer itself and its contacts."""
    return [customer, *customer.contacts]


def after_change(caller: Caller, customer: Customer) -> dict[str, Any]:
    """The same as an answer to a change."""
    withheld = () if customer.pool.administered_by(caller.user_id) else customer.withheld
    return view_of(caller, customer, withheld)


def access_to(caller: Caller, customer: Customer, record: Record, kind: str) -> Access:
    """What the caller may do with channels of the kind."""
    resource, name = rule_of(kind, of_contact=isinstance(record, Contact))
    return caller.access(resource, name, own=customer.owner_id == caller.user_id)


def check_writable(caller: Caller, customer: Customer, record: Record, kind: str, least: Access = Access.WRITE) -> None:
    """Raises Invalid, as for what does not exist, or ReadOnlyField unless the caller may write such channels."""
    access = access_to(caller, customer, record, kind)
    if access is Access.HIDDEN:
        raise Invalid.field("/value", UNKNOWN)
    if access < least:
        raise read_only(["/value"])


def known(caller: Caller, customer: Customer, channel_id: Any) -> tuple[Record, Channel]:
    """A channel and whose it is; raises NotFound for one that is hidden, ReadOnlyField for one that is not his."""
    for record in records_of(customer):
        channel = record.book().of(channel_id)
        if channel is not None and access_to(caller, customer, record, channel.kind) is not Access.HIDDEN:
            check_writable(caller, customer, record, channel.kind)
            return record, channel
    raise NotFound


def rule_of(kind: str, *, of_contact: bool) -> tuple[Resource, str]:
    """The field whose rules hold for channels of the kind."""
    name = FIELD_OF.get(kind, OTHERS_LIKE)
    return CONTACTS if of_contact and name in CONTACTS.fields else CUSTOMERS, name


def _items(caller: Caller, customer: Customer, record: Record, withheld: Collection[str]) -> Iterator[dict[str, Any]]:
    own = customer.owner_id == caller.user_id
    for channel in record.book().in_order:
        resource, name = rule_of(channel.kind, of_contact=isinstance(record, Contact))
        secret = name in withheld and not caller.field_rules.unlimited
        value = shown(caller, resource, name, channel.value, own=own, secret=secret)
        if value is not None:
            yield _item(channel, record, value, line_of(value) if _is_number(channel, value) else Line())


def _is_number(channel: Channel, value: str) -> bool:
    return channel.kind in NUMBERS and value == channel.value


def _item(channel: Channel, record: Record, value: str, line: Line) -> dict[str, Any]:
    contact_id = record.id if isinstance(record, Contact) else None
    times = {
        "verified_at": channel.verified_at and datetime.fromisoformat(channel.verified_at),
        "since": channel.since and date.fromisoformat(channel.since),
        "until": channel.until and date.fromisoformat(channel.until),
    }
    return asdict(channel) | times | line._asdict() | {"contact_id": contact_id, "value": value}

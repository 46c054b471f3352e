"""What stands in each field of the customer that stays.

By default its own value; where it has none, the first that another one has. Of lists all have their part. All columns
that the resource lists take part, so a new one comes along by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.custom_fields.defined import custom_fields_of
from chassis.custom_fields.kinds import FORMULA
from chassis.custom_fields.values import stored
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers import address_book
from services.customers.address_book import FIELDS as ADDRESS_FIELDS
from services.customers.channel_book import FIELDS as CHANNEL_FIELDS
from services.customers.channel_book import merged
from services.customers.fields import MAX_TAGS
from services.customers.merging.errors import NotInFull, UnknownChoice
from services.customers.models import Customer

OWNER = "owner_id"
"""Stands for all that follows from whose the customer is."""

OWNING = tuple(
    name for name in ("owner_id", "team_id", "in_pool", "pooled_at", "pool_id", "owned_at") if hasattr(Customer, name)
)

BY_TREE = ("parent_id",)
"""Chosen by what is above whom, not by who has something there."""

ADDED = "custom"
"""The fields that the house has added, which have a way of their own into a record (``chassis.custom_fields``)."""

MOST_CHANNELS = 100
"""That customers who are made one keep, stale ones last; what is more comes back when they are taken apart."""

FIELDS = tuple(name for name in CUSTOMERS.fields if hasattr(Customer, name) and name not in (*BY_TREE, ADDED))

CHOICES = (*FIELDS, ADDED, OWNER)

Choice = Mapping[str, UUID]


def check_choice(choice: Choice, ids: Iterable[UUID]) -> None:
    """Raises UnknownChoice for fields or customers that are not there to be chosen."""
    known = set(ids)
    for name, source in choice.items():
        if name not in CHOICES or source not in known:
            raise UnknownChoice.field(f"/values_from/{name}", "Not a field, or not one of these customers.")


def check_access(session: Session, caller: Caller, customers: Iterable[Customer]) -> None:
    """Raises NotInFull unless the caller may read and write every field of all of them, and of their contacts."""
    whose = {one.owner_id == caller.user_id for one in customers}
    added = custom_fields_of(session).of(CUSTOMERS)
    for one in (one for one in added.by_key.values() if one.kind != FORMULA):
        if any(added.access(caller.field_rules, one, own=own) < Access.WRITE for own in whose):
            raise NotInFull
    for resource in (CUSTOMERS, CONTACTS):
        for own in whose:
            if any(caller.access(resource, name, own=own) < Access.WRITE for name in resource.fields):
                raise NotInFull


def values_of(customers: list[Customer], choice: Choice) -> dict[str, Any]:
    """The fields of the first one after it has taken in the others."""
    return {name: _value(name, customers, choice.get(name)) for name in FIELDS}


def channels_of(customers: list[Customer], values: Mapping[str, Any]) -> dict[str, Any]:
    """The channels and addresses of the first one once its fields have these values, with those of the others."""
    fields = {name: values[name] for name in CHANNEL_FIELDS}
    book = merged((one.book() for one in customers), fields, customers[0].id, MOST_CHANNELS)
    places = {name: values[name] for name in ADDRESS_FIELDS}
    addresses = address_book.merged((one.addresses_book() for one in customers), places, customers[0].id, MOST_CHANNELS)
    return {"channels": book.text, "addresses": addresses.text}


def differing(customers: list[Customer]) -> dict[str, list[UUID]]:
    """The fields in which they have several values, and who has one."""
    found = {}
    for name in FIELDS:
        having = {one.id: getattr(one, name) for one in customers if getattr(one, name) not in (None, [], {})}
        if len({repr(value) for value in having.values()}) > 1:
            found[name] = list(having)
    return found


def owner_of(customers: list[Customer], choice: Choice) -> dict[str, Any]:
    """Whose it will be, column by column."""
    source = next(one for one in customers if one.id == choice.get(OWNER, customers[0].id))
    return {name: getattr(source, name) for name in OWNING}


def added_values(customers: list[Customer], choice: Choice, known: Collection[str]) -> dict[str, Any]:
    """The values of the fields that the house has added: each its own, or the first that another one has."""
    having = {one.id: stored(one.custom, one.custom_private) for one in customers}
    own = having[customers[0].id]
    if source := choice.get(ADDED):
        return {key: having[source].get(key) for key in known if key in having[source] or key in own}
    found = {key: value for values in reversed(having.values()) for key, value in values.items()}
    return {key: value for key, value in found.items() if key in known}


def _value(name: str, customers: list[Customer], source: UUID | None) -> Any:
    if source is not None:
        return next(getattr(one, name) for one in customers if one.id == source)
    known = [value for one in customers if (value := getattr(one, name)) not in (None, [], {}, "")]
    if not known:
        return getattr(customers[0], name)
    if isinstance(known[0], list):
        return list(dict.fromkeys(item for value in known for item in value))[:MAX_TAGS]
    return known[0]

"""What a caller sees of addresses: the rules of the customer's ``address``, ``city`` and ``country`` hold for each."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from chassis.errors import NotFound
from chassis.field_policy.intake import check_written
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CUSTOMERS
from services.customers.address_book import Address
from services.customers.channels.showing import Record, records_of
from services.customers.models import Contact, Customer

ADDRESS = "address"
RULES = {"city": "city", "province": "city", "country": "country"}
"""The field whose rules hold for a part. Lines and postcode have those of ``address``."""


def view_of(caller: Caller, customer: Customer, withheld: Collection[str]) -> dict[str, Any]:
    """All addresses that the caller may know of, first those of the customer itself."""
    items = [item for record in records_of(customer) for item in _items(caller, customer, record, withheld)]
    return {"customer_id": customer.id, "version": customer.version, "items": items}


def after_change(caller: Caller, customer: Customer) -> dict[str, Any]:
    """The same as an answer to a change."""
    withheld = () if customer.pool.administered_by(caller.user_id) else customer.withheld
    return view_of(caller, customer, withheld)


def check_writable(caller: Caller, customer: Customer, parts: Iterable[str]) -> None:
    """Raises Invalid, as for what does not exist, or ReadOnlyField unless the caller may write an address so."""
    names = dict.fromkeys([ADDRESS, *(RULES[one] for one in parts if one in RULES)])
    check_written(caller, CUSTOMERS, names, owner_id=customer.owner_id)


def known(caller: Caller, customer: Customer, address_id: Any) -> tuple[Record, Address]:
    """An address and whose it is; raises NotFound for one that is hidden."""
    own = customer.owner_id == caller.user_id
    if caller.access(CUSTOMERS, ADDRESS, own=own) is not Access.HIDDEN:
        for record in records_of(customer):
            if address := record.addresses_book().of(address_id):
                return record, address
    raise NotFound


def _items(caller: Caller, customer: Customer, record: Record, withheld: Collection[str]) -> Iterator[dict[str, Any]]:
    for one in record.addresses_book().in_order:
        item = _item(caller, customer, one, withheld)
        if item is not None:
            yield item | {"contact_id": record.id if isinstance(record, Contact) else None}


def _item(caller: Caller, customer: Customer, address: Address, withheld: Collection[str]) -> dict[str, Any] | None:
    own, limited = customer.owner_id == caller.user_id, not caller.field_rules.unlimited

    def part(name: str, value: str | None) -> str | None:
        rule = RULES.get(name, ADDRESS)
        told: str | None = shown(caller, CUSTOMERS, rule, value, own=own, secret=limited and rule in withheld)
        return told

    lines = part("lines", address.text)
    if lines is None:
        return None
    whole = lines == address.text
    return {
        "id": address.id,
        "kind": address.kind,
        "primary": address.primary,
        "lines": list(address.lines) if whole else [lines],
        "postcode": address.postcode if whole else None,
        **{name: part(name, getattr(address, name)) for name in RULES},
        "since": address.since and date.fromisoformat(address.since),
        "until": address.until and date.fromisoformat(address.until),
    }

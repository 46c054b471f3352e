"""The check before a customer is entered, and with each change of what tells customers apart."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.errors import Conflict, Invalid
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from contracts.customers import CUSTOMERS
from services.customers.duplicates import keys, rules
from services.customers.duplicates.keys import Key
from services.customers.duplicates.matches import REASONS, Wanted, matches
from services.customers.models import Customer
from services.customers.names import key_of
from services.customers.phones import normal_phone

ALLOW = "customers:duplicate"
"""What it takes to have a customer twice on purpose."""

MATCH = {
    "type": "object",
    "properties": {
        "customer_id": {"type": ["string", "null"], "format": "uuid"},
        "name": {"type": ["string", "null"]},
        "owner_id": {"type": ["string", "null"], "format": "uuid"},
        "in_pool": {"type": "boolean"},
        "team": {"type": ["string", "null"]},
        "reasons": {"type": "array", "items": {"type": "string", "enum": list(REASONS)}},
    },
    "required": ["customer_id", "name", "owner_id", "in_pool", "team", "reasons"],
}


class CustomerExists(Conflict):
    """Somebody has such a customer already: ``matches`` says who, as far as the caller may know."""

    slug, title = "customer-exists", "There is a customer with this number or address already"
    members = {"matches": {"type": "array", "items": MATCH}}  # noqa: RUF012  # as declared by Problem

    def __init__(self, found: list[dict[str, Any]]) -> None:
        super().__init__()
        self.matches = found

    def as_dict(self) -> dict[str, Any]:
        """With the matches."""
        return super().as_dict() | {"matches": self.matches}


def check_customer(session: Session, caller: Caller, **described: Any) -> dict[str, Any]:
    """Ask whether there is such a customer already.

    Looks at all customers, those of others and in the pool included. Of one that you cannot see you only learn that it
    exists, for what reason it was found, and which team it belongs to. `enters` says whether it could be entered.
    """
    _check_asked(caller, described)
    phone = normal_phone(described["phone"], described["country"])
    given = SimpleNamespace(kind="organisation", **described | {"phone": phone})
    name_key = key_of(given.name) if given.name else None
    wanted = Wanted(keys.keys_of(vault_of(session), given), given, name_key, contacts=True)
    found = matches(session, caller, wanted)
    refused = rules.enforced(session)
    return {"matches": found, "enters": all(refused.isdisjoint(one["reasons"]) for one in found)}


def _check_asked(caller: Caller, described: dict[str, Any]) -> None:
    """Raises Invalid, as for what does not exist, for fields that are hidden from the caller even in what is his."""
    for name, value in described.items():
        if value is not None and caller.access(CUSTOMERS, name, own=True) is Access.HIDDEN:
            raise Invalid.field(f"/{name}", "Unknown field.")


def check_permission(caller: Caller, *, allow_duplicate: bool) -> None:
    """Raises Forbidden for somebody who may not have a customer twice."""
    if allow_duplicate:
        caller.require(ALLOW)


def admit(session: Session, caller: Caller, customer: Customer, before: frozenset[Key], *, allow: bool) -> None:
    """Give the customer the keys that it has now and had not before; raises CustomerExists if another has one.

    Of several at once that want the same key one gets it, and the others wait until it has.
    """
    now = keys.keys_of(vault_of(session), customer)
    keys.release(session, customer.id, before - now)
    keys.claim(session, [(customer.id, key) for key in now - before])
    if allow or now <= before:
        return
    refused = rules.enforced(session)
    wanted = frozenset(key for key in now - before if key[0] in refused)
    described = customer if any(kind == keys.REGISTRATION for kind, _ in wanted) else None
    if found := matches(session, caller, Wanted(wanted, described, but=customer.id)):
        raise CustomerExists(found)

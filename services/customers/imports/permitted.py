"""What an import may write: the fields that its caller may write in what is his own, and in customers that are there.

Importing is a way of writing: what cannot be written by hand cannot be written so, and what is hidden is unknown.
"""

from collections.abc import Iterable
from typing import Any

from chassis.custom_fields.defined import Definitions
from chassis.errors import FieldError, Invalid
from chassis.field_policy.intake import read_only
from chassis.identity.caller import Caller
from chassis.identity.policy import Access, Resource
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers.imports.schemas import FIELDS

CONTACT = "contact_"


def accesses(caller: Caller, custom: Definitions) -> dict[str, Access]:
    """What the caller may do with each field that he may know of, in what is his own."""
    plain = {name: _access(caller, name, own=True) for name in FIELDS}
    added = {one.name: custom.access(caller.field_rules, one, own=True) for one in custom.by_key.values()}
    return {name: access for name, access in (plain | added).items() if access is not Access.HIDDEN}


def check_order(caller: Caller, custom: Definitions, order: dict[str, Any]) -> None:
    """Raises Invalid for columns or defaults of fields that are unknown to the caller, ReadOnlyField for others."""
    known = accesses(caller, custom)
    named = [(f"/{part}/{name}", name) for part in ("mapping", "defaults") for name in order[part]]
    unknown: list[FieldError] = [
        {"pointer": f"{pointer}/key", "detail": f"Must be one of: {', '.join(known)}."}
        for pointer, name in named
        if name not in known
    ]
    if unknown:
        raise Invalid(errors=unknown)
    if refused := [pointer for pointer, name in named if known[name] < Access.WRITE]:
        raise read_only(refused)


def check_columns(caller: Caller, custom: Definitions, names: Iterable[str]) -> None:
    """Raises ReadOnlyField for columns of fields, found by their names, that the caller may not write."""
    known = accesses(caller, custom)
    if refused := [name for name in names if known[name] < Access.WRITE]:
        raise read_only(f"/mapping/{name}" for name in refused)


def not_writable(caller: Caller, names: Iterable[str], *, own: bool) -> list[str]:
    """Those of the fields that the caller may not write in a customer of his own or of others."""
    return sorted(name for name in names if _access(caller, name, own=own) < Access.WRITE)


def _access(caller: Caller, name: str, *, own: bool) -> Access:
    resource, field = _field(name)
    return caller.access(resource, field, own=own)


def _field(name: str) -> tuple[Resource, str]:
    if name.startswith(CONTACT):
        return CONTACTS, name.removeprefix(CONTACT)
    return CUSTOMERS, {"parent_name": "parent_id", "external_id": "external_ids"}.get(name, name)

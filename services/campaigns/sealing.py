"""Addresses as campaigns keeps them: sealed for their customer, and a mark by which they are compared.

The replica and the recipients hold the same sealed value, so an audience is frozen in SQL alone, unopened.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault, from_json, to_json
from chassis.mail.addresses import normalised

PLACE = "addressees.email"
"""Where an address belongs, together with the id of its customer."""


def sealed_addressee(vault: Vault, customer_id: UUID, published: dict[str, Any]) -> dict[str, Any]:
    """An addressee as the replica holds it; ``address`` is null if no mail can be sent to it."""
    email = published.get("email")
    address = normalised(email)
    return {
        "contact_id": published.get("contact_id"),
        "name": published.get("name"),
        "email": to_json(vault.seal(email, PLACE, customer_id)),
        "address": to_json(mark_of(vault, address)) if address else None,
    }


def mark_of(vault: Vault, address: str) -> bytes:
    """What a normalised address is compared by; it remains when the address itself has to be erased."""
    return vault.mark("email", address)


def address_of(vault: Vault, customer_id: UUID, addressee: dict[str, Any]) -> str:
    """The address of an addressee of the replica; empty if it has none."""
    return vault.open(from_json(addressee.get("email")), PLACE, customer_id) or ""


def with_open_addresses(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of recipients as they are shown."""
    vault = vault_of(session)
    for row in rows:
        row["email"] = vault.open(row["email"], PLACE, row["customer_id"])
    return rows

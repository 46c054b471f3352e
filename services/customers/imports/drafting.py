"""New customers as the rows that will be stored: made ahead of the transaction that stores them."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from chassis.clock import now
from chassis.encryption.vault import Vault
from chassis.ids import new_id
from services.customers.duplicates.keys import keys_of
from services.customers.imports.reading import Reading
from services.customers.marks import marks_of
from services.customers.models import DEFAULT_POOL, new_customer
from services.customers.personal import PERSONAL
from services.customers.phones import normal_phone

SEALED = PERSONAL.sealed()

Draft = SimpleNamespace
"""A new customer or contact with the attributes of its columns: entities would take most of the time."""


class NewCustomer:
    """A customer that a row would create, sealed and ready."""

    def __init__(self, vault: Vault, reading: Reading) -> None:
        fields = reading.fields
        phone = normal_phone(fields.get("phone"), fields.get("country"))
        names = [reading.contact["name"]] if reading.contact else []
        values = new_customer(None, None, {**fields, "phone": phone, **reading.added}, names)
        self.customer = Draft(**values, contacts=[])
        self.row = _stored(vault, "customers", values)
        self.keys = keys_of(vault, self.customer)
        self.contact_rows = []
        if reading.contact:
            contact = new_contact(self.customer.id, reading.contact, self.customer.country)
            self.customer.contacts.append(Draft(**contact))
            self.contact_rows.append(_stored(vault, "contacts", contact))

    def give_to(self, owner_id: UUID | None, team_id: UUID | None, pool_id: UUID = DEFAULT_POOL) -> None:
        """Say whose it will be, or nobody's and in this pool."""
        pooled = owner_id is None
        owned = {
            "owner_id": owner_id,
            "team_id": team_id,
            "in_pool": pooled,
            "pool_id": pool_id,
            "pooled_at": self.customer.created_at if pooled else None,
            "owned_at": None if pooled else self.customer.created_at,
        }
        self.row.update(owned)
        vars(self.customer).update(owned)


def new_contact(customer_id: UUID, fields: dict[str, Any], country: str | None) -> dict[str, Any]:
    """The columns of a new contact, whose number is read as in the country."""
    moment = now()
    return {
        "id": new_id(),
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
        "customer_id": customer_id,
        "name": fields["name"],
        "title": fields.get("title"),
        "email": fields.get("email"),
        "phone": normal_phone(fields.get("phone"), country),
        "channels": None,
        "addresses": None,
        "is_primary": fields["is_primary"],
    }


def _stored(vault: Vault, table: str, values: dict[str, Any]) -> dict[str, Any]:
    """The columns as they are stored, contact data sealed."""
    row = values | {"marks": marks_of(vault, values["email"], values["phone"])}
    for name in SEALED[table]:
        row[name] = vault.seal(row[name], f"{table}.{name}", row["id"])
    return row

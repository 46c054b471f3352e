"""What a customer was before a change: the values that are different now, and the contacts that were added."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Numeric, Uuid
from sqlalchemy.orm import Session

from chassis.custom_fields import values as custom
from chassis.encryption.documents import SealedDocument
from chassis.encryption.vault import Vault
from services.customers.changesets.ledger import ImportRow
from services.customers.external_ids.models import let_go
from services.customers.models import CUSTOMER_COLUMNS, Customer

Image = dict[str, Any]
FOLLOWING = ("id", "version", "created_at", "updated_at", "name_key", "name_grams", "search_tokens")
"""Columns that follow from others, or from the change itself."""
PICTURED = [name for name in CUSTOMER_COLUMNS if name not in FOLLOWING]
CUSTOM = frozenset({"custom", "custom_private"})
COLUMNS = Customer.__table__.c
ROWS = ImportRow.__table__.c


def values_of(customer: Customer) -> dict[str, Any]:
    """The present values, in clear."""
    return {name: getattr(customer, name) for name in PICTURED}


def difference(before: dict[str, Any], customer: Customer) -> dict[str, Any]:
    """Those of the values before that are others now."""
    return {name: value for name, value in before.items() if getattr(customer, name) != value}


def sealed(vault: Vault, job_id: UUID, number: int, image: Image) -> Any:
    """The image as it is kept beside its row."""
    return vault.seal_json(image, _place(job_id, number))


def opened(vault: Vault, row: ImportRow) -> Image:
    """The image that was kept."""
    return dict(vault.open_json(row.before, _place(row.job_id, row.number)) or {"values": {}, "contacts": []})


def restore(session: Session, customer: Customer, image: Image) -> None:
    """Let the customer be as it was; what followed from its values follows again."""
    values = {name: _typed(name, value) for name, value in image["values"].items()}
    written = _restore_custom(session, customer, values) if CUSTOM & values.keys() else False
    customer.change({name: value for name, value in values.items() if name not in CUSTOM}, touched=written)
    added = set(image["contacts"])
    for contact in [one for one in customer.contacts if str(one.id) in added]:
        customer.contacts.remove(contact)
        session.delete(contact)
    if outside := image.get("external_id"):
        let_go(session, customer.id, outside[0], [outside[1]])
    customer.retoken()
    if (added or outside) and not image["values"]:
        customer.touch()


def _restore_custom(session: Session, customer: Customer, values: dict[str, Any]) -> bool:
    """Let the custom fields have the values that they had, which they must be free to have again."""
    before = custom.stored(*(values.get(name, getattr(customer, name)) for name in ("custom", "custom_private")))
    now = custom.stored(customer.custom, customer.custom_private)
    return bool(custom.write(session, customer, {name: before.get(name) for name in {**now, **before}}))


def _typed(name: str, value: Any) -> Any:
    """A value of JSON as the column has it."""
    kind = COLUMNS[name].type
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Numeric):
        return Decimal(value)
    return UUID(value) if isinstance(kind, Uuid) else value


def _place(job_id: UUID, number: int) -> str:
    return f"import_rows.before {job_id} {number}"


IMAGES = SealedDocument(ROWS.before, lambda row: _place(row["job_id"], row["number"]), (ROWS.job_id, ROWS.number))

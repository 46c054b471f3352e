"""Addresses are sealed; the service stands still meanwhile, because the clear columns are gone at the end.

What was there is sealed in batches, each committed by itself, and the tables are written anew afterwards, lest their
files hold the clear text any longer. An entry of the unsubscriptions whose address was erased keeps its old hash.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from services.campaigns.sealing import PLACE, mark_of, sealed_addressee

revision = "campaigns_0002"
down_revision = "campaigns_0001"
branch_labels = None
depends_on = None

BATCH = 1_000
BINARY = sa.LargeBinary()


def upgrade() -> None:
    """Go to this version."""
    filled = [table for table in ("customers", "recipients", "unsubscriptions") if _has_rows(table)]
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE customers ADD COLUMN IF NOT EXISTS addressees_sealed jsonb")
        op.execute("ALTER TABLE recipients ADD COLUMN IF NOT EXISTS email_sealed bytea")
        op.execute("ALTER TABLE recipients ADD COLUMN IF NOT EXISTS address_mark bytea")
        op.execute("ALTER TABLE unsubscriptions ADD COLUMN IF NOT EXISTS address_sealed bytea")
        if filled:
            _seal_all()
    op.drop_constraint(op.f("uq_recipients_campaign_id_address"), "recipients")
    for table, clear, sealed in (
        ("customers", "addressees", "addressees_sealed"),
        ("recipients", "email", "email_sealed"),
        ("recipients", "address", "address_mark"),
        ("unsubscriptions", "address", "address_sealed"),
    ):
        op.drop_column(table, clear)
        op.alter_column(table, sealed, new_column_name=clear, nullable=table == "unsubscriptions")
    op.create_unique_constraint(op.f("uq_recipients_campaign_id_address"), "recipients", ["campaign_id", "address"])
    with op.get_context().autocommit_block():
        for table in filled:
            op.execute(f"VACUUM FULL {table}")


def downgrade() -> None:
    """There is no way back: what is sealed is not put down in clear again."""
    raise NotImplementedError("Restore the backup that was made before the upgrade")


def _has_rows(table: str) -> bool:
    return bool(op.get_bind().scalar(sa.select(sa.exists(sa.select(1).select_from(sa.table(table))))))


def _seal_all() -> None:
    vault = context.config.attributes.get("vault")
    if vault is None:
        raise RuntimeError("There are rows to seal, and no keys")
    customers = _table(
        "customers", addressees=postgresql.JSONB(), addressees_sealed=postgresql.JSONB(none_as_null=True)
    )
    _seal(
        customers,
        customers.c.addressees_sealed,
        lambda row: {"addressees_sealed": [sealed_addressee(vault, row["id"], one) for one in row["addressees"]]},
    )
    recipients = _table(
        "recipients",
        customer_id=sa.Uuid(),
        email=sa.Text(),
        address=sa.Text(),
        email_sealed=BINARY,
        address_mark=BINARY,
    )
    _seal(
        recipients,
        recipients.c.email_sealed,
        lambda row: {
            "email_sealed": vault.seal(row["email"], PLACE, row["customer_id"]),
            "address_mark": mark_of(vault, row["address"]),
        },
    )
    entries = _table("unsubscriptions", address=sa.Text(), address_sealed=BINARY, address_hash=BINARY)
    _seal(
        entries,
        sa.case((entries.c.address.is_(None), entries.c.address_hash), else_=entries.c.address_sealed),
        lambda row: {
            "address_sealed": vault.seal(row["address"], "unsubscriptions.address", row["id"]),
            "address_hash": mark_of(vault, row["address"]),
        },
    )


def _table(name: str, **columns: Any) -> Any:
    return sa.table(name, sa.column("id", sa.Uuid()), *(sa.column(key, kind) for key, kind in columns.items()))


def _seal(table: Any, done: Any, sealed: Callable[[Any], dict[str, Any]]) -> None:
    """Seal the rows in which ``done`` is null."""
    waiting = sa.select(table).where(done.is_(None)).limit(BATCH)
    while rows := op.get_bind().execute(waiting).mappings().all():
        for row in rows:
            op.get_bind().execute(sa.update(table).where(table.c.id == row["id"]).values(sealed(row)))

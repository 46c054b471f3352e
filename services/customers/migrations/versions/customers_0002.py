"""Contact data is sealed; the service stands still meanwhile, because the clear columns are gone at the end.

What was there is sealed in batches, each committed by itself, so a migration that was stopped goes on where it was.
Then the tables are written anew, lest their files hold the clear text any longer.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from services.customers.marks import marks_of

revision = "customers_0002"
down_revision = "customers_0001"
branch_labels = None
depends_on = None

TABLES = {"customers": ("address", "phone", "email"), "contacts": ("phone", "email")}
BATCH = 1_000


def upgrade() -> None:
    """Go to this version."""
    filled = [table for table in TABLES if _has_rows(table)]
    with op.get_context().autocommit_block():
        for table, columns in TABLES.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column}_sealed bytea")
            op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS marks bytea[]")
        for table in filled:
            _seal(table, TABLES[table])
    for table, columns in TABLES.items():
        for column in columns:
            op.drop_column(table, column)
            op.alter_column(table, f"{column}_sealed", new_column_name=column)
        op.alter_column(table, "marks", existing_type=postgresql.ARRAY(sa.LargeBinary()), nullable=False)
        op.create_index(op.f(f"ix_{table}_marks"), table, ["marks"], postgresql_using="gin")
    with op.get_context().autocommit_block():
        for table in filled:
            op.execute(f"VACUUM FULL {table}")


def downgrade() -> None:
    """There is no way back: what is sealed is not put down in clear again."""
    raise NotImplementedError("Restore the backup that was made before the upgrade")


def _has_rows(table: str) -> bool:
    return bool(op.get_bind().scalar(sa.select(sa.exists(sa.select(1).select_from(sa.table(table))))))


def _seal(table: str, columns: tuple[str, ...]) -> None:
    """Seal the rows that are not sealed yet."""
    vault = context.config.attributes.get("vault")
    if vault is None:
        raise RuntimeError(f"{table} has rows to seal, and there are no keys")
    clear = sa.table(table, *(sa.column(name) for name in ("id", "marks", *columns)))
    waiting = sa.select(clear.c.id, *(clear.c[name] for name in columns)).where(clear.c.marks.is_(None)).limit(BATCH)
    while rows := op.get_bind().execute(waiting).mappings().all():
        op.get_bind().execute(_update(table, columns), [_sealed(vault, table, columns, row) for row in rows])


def _update(table: str, columns: tuple[str, ...]) -> Any:
    names = [f"{name}_sealed" for name in columns]
    marks = sa.column("marks", postgresql.ARRAY(sa.LargeBinary))
    target = sa.table(table, sa.column("id"), marks, *(sa.column(name, sa.LargeBinary) for name in names))
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in (*names, "marks")}
    return sa.update(target).where(target.c.id == sa.bindparam("row_id")).values(values)


def _sealed(vault: Any, table: str, columns: tuple[str, ...], row: Any) -> dict[str, Any]:
    sealed = {f"new_{name}_sealed": vault.seal(row[name], f"{table}.{name}", row["id"]) for name in columns}
    return sealed | {"row_id": row["id"], "new_marks": marks_of(vault, row["email"], row["phone"])}

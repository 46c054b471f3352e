"""Several pools, each with its rules; what lies in the one pool so far lies in the default pool."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0008"
down_revision = "customers_0007"
branch_labels = None
depends_on = None

DEFAULT_POOL = "00000000-0000-7000-8000-000000000001"
ORDERS = ("name_key", "created_at", "updated_at")
IDS = postgresql.ARRAY(sa.UUID())
LISTS = ("teams", "roles", "people", "administrators")


def upgrade() -> None:
    """Go to this version.

    The version that runs meanwhile knows of no pools; what it puts back lies in the default one.
    """
    pools = op.create_table(
        "pools",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        *(sa.Column(name, IDS, nullable=False) for name in LISTS),
        sa.Column("hidden_fields", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("limits", postgresql.JSONB(), nullable=False),
        sa.Column("not_counted", postgresql.JSONB(), nullable=True),
        sa.Column("cool_down_hours", sa.Integer(), nullable=True),
        sa.Column("fresh_hours", sa.Integer(), nullable=True),
        sa.Column("reason_required", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.CheckConstraint("enabled OR NOT is_default", name=op.f("ck_pools_default_enabled")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
    )
    op.create_index("uq_pools_name", "pools", [sa.text("lower(name)")], unique=True)
    op.create_index("uq_pools_is_default", "pools", ["is_default"], unique=True, postgresql_where=sa.text("is_default"))
    op.create_index(op.f("ix_pools_priority_id"), "pools", ["priority", "id"])
    op.bulk_insert(pools, [_default_pool()])
    op.create_table(
        "release_reasons",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_reasons")),
    )
    op.create_index("uq_release_reasons_name", "release_reasons", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "claim_ledger",
        sa.Column("pool_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "user_id", "day", "seq", name=op.f("pk_claim_ledger")),
    )
    op.add_column("customers", sa.Column("pool_id", sa.UUID(), nullable=False, server_default=DEFAULT_POOL))
    op.add_column("customers", sa.Column("owned_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("ownerships", "by_id", nullable=True)
    op.add_column("ownerships", sa.Column("pool_id", sa.UUID(), nullable=True))
    op.add_column("ownerships", sa.Column("reason_id", sa.UUID(), nullable=True))
    op.add_column("ownerships", sa.Column("why", sa.String(length=300), nullable=True))
    with op.get_context().autocommit_block():
        for order in ORDERS:
            _index(f"ix_customers_pooled_{order}_id", ["pool_id", order, "id"])
            op.drop_index(f"ix_customers_pool_{order}_id", "customers", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    """Go back."""
    with op.get_context().autocommit_block():
        for order in ORDERS:
            _index(f"ix_customers_pool_{order}_id", [order, "id"])
            op.drop_index(f"ix_customers_pooled_{order}_id", "customers", postgresql_concurrently=True, if_exists=True)
    for column in ("why", "reason_id", "pool_id"):
        op.drop_column("ownerships", column)
    op.drop_column("customers", "owned_at")
    op.drop_column("customers", "pool_id")
    for table in ("claim_ledger", "release_reasons", "pools"):
        op.drop_table(table)


def _index(name: str, columns: list[str]) -> None:
    """Without keeping writers away; one that a stopped migration has left unfinished is made anew."""
    op.drop_index(name, "customers", postgresql_concurrently=True, if_exists=True)
    op.create_index(name, "customers", columns, postgresql_where=sa.text("in_pool"), postgresql_concurrently=True)


def _stamps() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _default_pool() -> dict[str, object]:
    moment = datetime.now(UTC)
    return {
        **{name: [] for name in (*LISTS, "hidden_fields", "limits")},
        "id": DEFAULT_POOL,
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
        "name": "Shared pool",
        "priority": 1000,
        "enabled": True,
        "is_default": True,
        "time_zone": "UTC",
        "everybody": True,
        "reason_required": False,
    }

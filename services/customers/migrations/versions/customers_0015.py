"""Customers that may be one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0015"
down_revision = "customers_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "duplicate_blocks",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("block", "customer_id", name=op.f("pk_duplicate_blocks")),
    )
    op.create_index(op.f("ix_duplicate_blocks_customer_id"), "duplicate_blocks", ["customer_id"])
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("one_id", sa.UUID(), nullable=False),
        sa.Column("other_id", sa.UUID(), nullable=False),
        sa.Column("likeness", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pairs")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_duplicate_pairs_one_id_other_id")),
    )
    op.create_index(op.f("ix_duplicate_pairs_other_id"), "duplicate_pairs", ["other_id"])
    op.create_index(
        "ix_duplicate_pairs_open", "duplicate_pairs", ["likeness", "id"], postgresql_where=sa.text("state = 'open'")
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("duplicate_pairs")
    op.drop_table("duplicate_blocks")

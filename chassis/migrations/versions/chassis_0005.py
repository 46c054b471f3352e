"""Receipts for what was done with a person's data, and tombstones of erased records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "chassis_0005"
down_revision = "chassis_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "privacy_receipts",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_privacy_receipts")),
    )
    op.create_table(
        "erased_records",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_erased_records")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("erased_records")
    op.drop_table("privacy_receipts")

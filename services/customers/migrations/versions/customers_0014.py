"""Customers that were made one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0014"
down_revision = "customers_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "merges",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("survivor_id", sa.UUID(), nullable=False),
        sa.Column("loser_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("values_from", postgresql.JSONB(), nullable=False),
        sa.Column("acks", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_created_at_id"), "merges", ["created_at", "id"])
    op.create_index(op.f("ix_merges_survivor_id"), "merges", ["survivor_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("merges")

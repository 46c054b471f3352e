"""What customers need, are interested in and prefer."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0020"
down_revision = "customers_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "needs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("value", sa.String(500), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("evidence", sa.String(1000), nullable=False),
        sa.Column("evidence_id", sa.UUID(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("known_since", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_needs_customer_id")),
    )
    op.create_index(op.f("ix_needs_customer_id_id"), "needs", ["customer_id", "id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("needs")

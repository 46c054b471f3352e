"""The ids that customers have in other systems."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0024"
down_revision = "customers_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "external_ids",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("source_system", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(200, collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_ids")),
        sa.UniqueConstraint("source_system", "external_id", name=op.f("uq_external_ids_source_system_external_id")),
    )
    op.create_index(op.f("ix_external_ids_customer_id_id"), "external_ids", ["customer_id", "id"])
    op.create_index(op.f("ix_external_ids_external_id"), "external_ids", ["external_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("external_ids")

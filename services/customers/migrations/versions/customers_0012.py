"""The values of custom fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0012"
down_revision = "customers_0011"
branch_labels = None
depends_on = "chassis_0007"


def upgrade() -> None:
    """Go to this version."""
    op.add_column("customers", sa.Column("custom", postgresql.JSONB(), nullable=True))
    op.add_column("customers", sa.Column("custom_private", sa.LargeBinary(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            op.f("ix_customers_custom"),
            "customers",
            ["custom"],
            postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"},
            postgresql_where=sa.text("custom IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    """Go back."""
    op.drop_column("customers", "custom")
    op.drop_column("customers", "custom_private")

"""How pools distribute customers, and which of those in pools were opened by whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0017"
down_revision = "customers_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("pools", sa.Column("assignment_rules", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.add_column("pools", sa.Column("last_given", sa.UUID(), nullable=True))
    op.create_table(
        "pool_views",
        sa.Column("pool_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "user_id", "day", "seq", name=op.f("pk_pool_views")),
    )
    whose = ["pool_id", "user_id", "day", "customer_id"]
    op.create_index("uq_pool_views_customer_id", "pool_views", whose, unique=True)


def downgrade() -> None:
    """Go back."""
    op.drop_table("pool_views")
    op.drop_column("pools", "last_given")
    op.drop_column("pools", "assignment_rules")

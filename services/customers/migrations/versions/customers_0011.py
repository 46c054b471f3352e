"""Rules that take customers back to their pools, warnings, protection, and what they follow from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0011"
down_revision = "customers_0010"
branch_labels = None
depends_on = None

DAYS = postgresql.ARRAY(sa.Integer())


def upgrade() -> None:
    """Go to this version."""
    for column in (
        sa.Column("recycling", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("recycle_rules", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("warn_days", DAYS, nullable=False, server_default="{7,3,1}"),
        sa.Column("escalate_days", sa.Integer(), nullable=True),
        sa.Column("protect_days", sa.Integer(), nullable=True),
    ):
        op.add_column("pools", column)
    op.create_table(
        "pool_states",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("last_follow_up_at", "protected_since", "protected_until")
        ),
        sa.Column("protected_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_pool_states")),
    )
    op.create_table(
        "recycle_warnings",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("recycle_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "recycle_at", "days", name=op.f("pk_recycle_warnings")),
    )
    op.create_table(
        "customer_tickets",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_work", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_customer_tickets")),
    )
    in_work = sa.text("in_work")
    op.create_index("ix_customer_tickets_in_work", "customer_tickets", ["customer_id"], postgresql_where=in_work)


def downgrade() -> None:
    """Go back."""
    for table in ("customer_tickets", "recycle_warnings", "pool_states"):
        op.drop_table(table)
    for column in ("protect_days", "escalate_days", "warn_days", "recycle_rules", "recycling"):
        op.drop_column("pools", column)

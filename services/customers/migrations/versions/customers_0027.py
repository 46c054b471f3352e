"""Several channels and addresses of customers and contacts, sealed beside the primary ones; reports about channels."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0027"
down_revision = "customers_0026"
branch_labels = None
depends_on = None

STANDING = "state = 'open' OR (state = 'rejected' AND source <> 'bounce')"


def upgrade() -> None:
    """Go to this version."""
    for table in ("customers", "contacts"):
        for column in ("channels", "addresses"):
            op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))
    op.create_table(
        "channel_reports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("former", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("reported_by", sa.UUID(), nullable=True),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_reports")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_channel_reports_customer_id")),
    )
    op.create_index(
        "uq_channel_reports_standing",
        "channel_reports",
        ["customer_id", "mark"],
        unique=True,
        postgresql_where=sa.text(STANDING),
    )
    op.create_index(op.f("ix_channel_reports_customer_id_id"), "channel_reports", ["customer_id", "id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("channel_reports")
    for table in ("customers", "contacts"):
        for column in ("channels", "addresses"):
            op.drop_column(table, column)

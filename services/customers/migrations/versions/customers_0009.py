"""For how long what is kept, and what keeps customers from being let go of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0009"
down_revision = "customers_0008"
branch_labels = None
depends_on = None

VERSIONED = (
    ("version", sa.Integer(), False),
    ("created_at", sa.DateTime(timezone=True), False),
    ("updated_at", sa.DateTime(timezone=True), False),
)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "retention_policy",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("changed_by", sa.UUID(), nullable=True),
        *(sa.Column(name, kind, nullable=nullable) for name, kind, nullable in VERSIONED),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_retention_policy")),
    )
    op.execute("INSERT INTO retention_policy (rules, version, created_at, updated_at) VALUES ('[]', 1, now(), now())")
    op.create_table(
        "retention_classes",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("service", sa.String(length=50), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retention_classes")),
    )
    op.create_table(
        "privacy_states",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("held_by", sa.UUID(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_tickets", sa.Integer(), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_for", sa.String(length=20), nullable=True),
        sa.Column("erasure_id", sa.UUID(), nullable=True),
        *(sa.Column(name, kind, nullable=nullable) for name, kind, nullable in VERSIONED),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_states")),
    )
    op.create_table(
        "known_tickets",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_tickets")),
    )
    op.create_index("ix_known_tickets_open", "known_tickets", ["customer_id"], postgresql_where=sa.text("open"))
    op.add_column("privacy_requests", sa.Column("cancelled_by", sa.UUID(), nullable=True))


def downgrade() -> None:
    """Go back."""
    op.drop_column("privacy_requests", "cancelled_by")
    for table in ("known_tickets", "privacy_states", "retention_classes", "retention_policy"):
        op.drop_table(table)

"""The audit trail of the service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "audit",
        sa.Column("position", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("remote_addr", sa.String(length=45), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.Column("permission", sa.String(length=100), nullable=True),
        sa.Column("resource", sa.String(length=100), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_gathered_at", "audit", ["gathered_at"], unique=False)
    op.create_index("ix_audit_waiting", "audit", ["position"], unique=False, postgresql_where=sa.text("number IS NULL"))
    op.create_table(
        "audit_numbers",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_audit_numbers")),
    )
    op.execute("INSERT INTO audit_numbers (only_row) VALUES (true)")


def downgrade() -> None:
    """Go back."""
    op.drop_table("audit_numbers")
    op.drop_index("ix_audit_waiting", table_name="audit", postgresql_where=sa.text("number IS NULL"))
    op.drop_index("ix_audit_gathered_at", table_name="audit")
    op.drop_table("audit")

"""Shares of records."""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"
branch_labels = None
depends_on = None

STANDING = "ended_at IS NULL"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("resource", sa.String(length=50), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("grantee_kind", sa.String(length=4), nullable=False),
        sa.Column("grantee_id", sa.Uuid(), nullable=False),
        sa.Column("may_change", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
    )
    op.create_index("uq_shares_pair", "shares", ["record_id", "grantee_id", "resource"], unique=True)
    op.create_index(
        "ix_shares_grantee", "shares", ["grantee_id", "resource", "record_id"], postgresql_where=sa.text(STANDING)
    )
    op.create_index(
        "ix_shares_record", "shares", ["resource", "record_id", "at", "id"], postgresql_where=sa.text(STANDING)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("shares")

"""Roles get field rules, and built-in ones may be changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "auth_0003"
down_revision = "auth_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("roles", sa.Column("customised", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("roles", sa.Column("field_rules", postgresql.JSONB(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Go back."""
    op.drop_column("roles", "field_rules")
    op.drop_column("roles", "customised")

"""Pools hide fields that the house has added, which have longer names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0026"
down_revision = "customers_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.alter_column("pools", "hidden_fields", type_=postgresql.ARRAY(sa.String(50)))


def downgrade() -> None:
    """Go back."""
    op.alter_column("pools", "hidden_fields", type_=postgresql.ARRAY(sa.String(40)))

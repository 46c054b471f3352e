"""Reminders of customers that go back to their pools."""

import sqlalchemy as sa
from alembic import op

revision = "interactions_0002"
down_revision = "interactions_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version; the one that runs meanwhile writes reminders of follow-ups only."""
    op.add_column("reminders", sa.Column("kind", sa.String(length=10), nullable=False, server_default="follow_up"))
    op.alter_column("reminders", "follow_up_id", nullable=True)


def downgrade() -> None:
    """Go back."""
    op.execute(sa.delete(sa.table("reminders", sa.column("follow_up_id"))).where(sa.column("follow_up_id").is_(None)))
    op.alter_column("reminders", "follow_up_id", nullable=False)
    op.drop_column("reminders", "kind")

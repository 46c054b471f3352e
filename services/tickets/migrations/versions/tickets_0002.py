"""Customers wants to know of open tickets, also of those from before it asked: they are told once more."""

from alembic import op

revision = "tickets_0002"
down_revision = "tickets_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version; ten minutes later everybody who cares is there to hear it."""
    op.execute(
        "INSERT INTO timers (kind, key, due_at, payload)"
        " VALUES ('tell_open_tickets', 'retention', now() + interval '10 minutes', '{}') ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM timers WHERE kind = 'tell_open_tickets'")

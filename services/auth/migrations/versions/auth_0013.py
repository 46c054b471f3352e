"""When alerts were told by mail; those from before are not told any more."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0013"
down_revision = "auth_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("alerts", sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE alerts SET mailed_at = now()")
    op.create_index("ix_alerts_mailed_at", "alerts", ["mailed_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_alerts_mailed_at", "alerts")
    op.drop_column("alerts", "mailed_at")

"""Which requests about people's data are running."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0016"
down_revision = "customers_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    running = sa.text("state = 'running'")
    op.create_index("ix_privacy_requests_running", "privacy_requests", ["kind"], postgresql_where=running)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_privacy_requests_running", "privacy_requests")

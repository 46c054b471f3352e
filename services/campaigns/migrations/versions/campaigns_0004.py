"""How customers are classified, for choosing an audience; it comes with their next event, or by a replay."""

import sqlalchemy as sa
from alembic import op

revision = "campaigns_0004"
down_revision = "campaigns_0003"
branch_labels = None
depends_on = None

TEXTS = ("industry", "size", "source", "grade", "lifecycle_stage")
MOMENTS = ("contract_ends_at", "last_deal_at")


def upgrade() -> None:
    """Go to this version."""
    for name in TEXTS:
        op.add_column("customers", sa.Column(name, sa.String(), nullable=True))
    for name in MOMENTS:
        op.add_column("customers", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    for name in (*TEXTS, *MOMENTS):
        op.drop_column("customers", name)

"""Who must be kept whatever his age, and the jobs that work on orders."""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0006"
down_revision = "chassis_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "held_people",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_held_people")),
    )
    op.add_column("privacy_receipts", sa.Column("job_id", sa.Uuid(), nullable=True))
    op.add_column("privacy_receipts", sa.Column("stopped", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    """Go back."""
    op.drop_column("privacy_receipts", "stopped")
    op.drop_column("privacy_receipts", "job_id")
    op.drop_table("held_people")

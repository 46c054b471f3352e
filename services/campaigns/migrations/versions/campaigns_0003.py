"""Who has taken back his consent to marketing mail."""

import sqlalchemy as sa
from alembic import op

revision = "campaigns_0003"
down_revision = "campaigns_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "mail_consents",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_consents")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("mail_consents")

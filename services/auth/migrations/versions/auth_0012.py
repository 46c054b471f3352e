"""What the house asks of everybody who logs in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "auth_0012"
down_revision = "auth_0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version; what held before goes on. Passwords from before count as one's own."""
    op.create_table(
        "auth_policy",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("second_factor", sa.String(length=10), nullable=False),
        sa.Column("second_factor_roles", postgresql.JSONB(), nullable=False),
        sa.Column("session_idle_hours", sa.Integer(), nullable=False),
        sa.Column("session_absolute_hours", sa.Integer(), nullable=False),
        sa.Column("initial_password_days", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_auth_policy")),
    )
    op.execute("INSERT INTO auth_policy VALUES (true, 'optional', '[]', 168, 720, 7, NULL, 1, now(), now())")
    op.add_column("users", sa.Column("initial_since", INSTANT, nullable=True))
    op.add_column("login_tickets", sa.Column("purpose", sa.String(length=10), server_default="log_in", nullable=False))


def downgrade() -> None:
    """Go back."""
    op.drop_column("login_tickets", "purpose")
    op.drop_column("users", "initial_since")
    op.drop_table("auth_policy")

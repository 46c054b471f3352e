"""The life of signing keys."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0004"
down_revision = "auth_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version: the newest key signs on, what it has followed expires."""
    op.add_column("signing_keys", sa.Column("state", sa.String(length=10), server_default="gone", nullable=False))
    op.add_column("signing_keys", sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("signing_keys", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE signing_keys SET state = 'retiring', retired_at = now() WHERE active")
    op.execute(
        "UPDATE signing_keys SET state = 'active', activated_at = created_at, retired_at = NULL WHERE id ="
        " (SELECT id FROM signing_keys WHERE active ORDER BY created_at DESC LIMIT 1)"
    )
    op.alter_column("signing_keys", "state", server_default=None)
    for state in ("next", "active"):
        only = sa.text(f"state = '{state}'")
        op.create_index(f"uq_signing_keys_{state}", "signing_keys", ["state"], unique=True, postgresql_where=only)


def downgrade() -> None:
    """Go back."""
    op.drop_index("uq_signing_keys_active", table_name="signing_keys")
    op.drop_index("uq_signing_keys_next", table_name="signing_keys")
    op.drop_column("signing_keys", "retired_at")
    op.drop_column("signing_keys", "activated_at")
    op.drop_column("signing_keys", "state")

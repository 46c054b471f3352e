"""Second factors and passkeys."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "auth_0010"
down_revision = "auth_0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "totp_devices",
        _id(),
        _user_id(),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        *_keys("totp_devices"),
    )
    op.create_index("uq_totp_devices_user_id", "totp_devices", ["user_id"], unique=True)
    op.create_table(
        "recovery_codes",
        _id(),
        _user_id(),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        *_keys("recovery_codes"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    op.create_index("uq_recovery_codes_code_hash", "recovery_codes", ["code_hash"], unique=True)
    op.create_table(
        "passkeys",
        _id(),
        _user_id(),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        *_keys("passkeys"),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_index("uq_passkeys_credential_id", "passkeys", ["credential_id"], unique=True)
    op.create_table(
        "passkey_ceremonies",
        _id(),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        *_keys("passkey_ceremonies"),
    )
    op.create_index("ix_passkey_ceremonies_expires_at", "passkey_ceremonies", ["expires_at"])
    op.create_table(
        "login_tickets",
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        _user_id(),
        sa.Column("password_mark", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        *_keys("login_tickets", "ticket_hash"),
    )
    op.create_index("ix_login_tickets_expires_at", "login_tickets", ["expires_at"])


def downgrade() -> None:
    """Go back."""
    for table in ("login_tickets", "passkey_ceremonies", "passkeys", "recovery_codes", "totp_devices"):
        op.drop_table(table)


def _id() -> sa.Column[UUID]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _user_id() -> sa.Column[UUID]:
    return sa.Column("user_id", sa.Uuid(), nullable=False)


def _keys(table: str, primary: str = "id") -> list[sa.Constraint]:
    """The primary key, and whose it is."""
    whose = sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE")
    return [whose, sa.PrimaryKeyConstraint(primary, name=op.f(f"pk_{table}"))]

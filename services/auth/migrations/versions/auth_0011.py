"""Log-ins with accounts elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0011"
down_revision = "auth_0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "identity_providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_providers")),
    )
    op.create_index("uq_identity_providers_name", "identity_providers", ["name"], unique=True)
    op.create_table(
        "linked_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        *_whose("linked_identities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identities")),
    )
    op.create_index("uq_linked_identities_subject", "linked_identities", ["provider_id", "subject"], unique=True)
    op.create_index("uq_linked_identities_user", "linked_identities", ["user_id", "provider_id"], unique=True)
    op.create_table(
        "login_attempts",
        sa.Column("attempt_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        *_whose("login_attempts"),
        sa.PrimaryKeyConstraint("attempt_hash", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_expires_at", "login_attempts", ["expires_at"])


def downgrade() -> None:
    """Go back."""
    for table in ("login_attempts", "linked_identities", "identity_providers"):
        op.drop_table(table)


def _whose(table: str) -> list[sa.ForeignKeyConstraint]:
    targets = {"provider_id": "identity_providers.id", "user_id": "users.id"}
    return [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
        for column, target in targets.items()
    ]

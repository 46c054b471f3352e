"""What no two customers may have."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0010"
down_revision = "customers_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "customer_keys",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "mark", name=op.f("pk_customer_keys")),
    )
    op.create_index(op.f("ix_customer_keys_customer_id"), "customer_keys", ["customer_id"])
    rules = op.create_table(
        "duplicate_rules",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("enforced", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duplicate_rules")),
    )
    moment = sa.func.now()
    one = {"name": "customers", "enforced": ["phone", "email", "registration_number"], "version": 1}
    op.execute(sa.insert(rules).values(created_at=moment, updated_at=moment, **one))


def downgrade() -> None:
    """Go back."""
    op.drop_table("duplicate_rules")
    op.drop_table("customer_keys")

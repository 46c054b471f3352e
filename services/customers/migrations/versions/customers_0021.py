"""Tasks about the data of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0021"
down_revision = "customers_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "customer_tasks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("about", postgresql.ARRAY(sa.String(60)), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_tasks")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_tasks_customer_id")),
    )
    op.create_index(
        "uq_customer_tasks_holding",
        "customer_tasks",
        ["customer_id", "kind", "subject"],
        unique=True,
        postgresql_where=sa.text("holds"),
    )
    op.create_index(op.f("ix_customer_tasks_customer_id"), "customer_tasks", ["customer_id"])
    for columns in (["state"], ["owner_id", "state"], ["team_id", "state"]):
        every = [*columns, "due_at", "id"]
        op.create_index(op.f(f"ix_customer_tasks_{'_'.join(every)}"), "customer_tasks", every)


def downgrade() -> None:
    """Go back."""
    op.drop_table("customer_tasks")

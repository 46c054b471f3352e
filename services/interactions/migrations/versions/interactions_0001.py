"""The tables of interactions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "interactions_0001"
down_revision = None
branch_labels = ("interactions",)
depends_on = "chassis_0001"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "customers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("in_pool", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_owner_id"), "customers", ["owner_id"], unique=False)
    op.create_index(op.f("ix_customers_team_id"), "customers", ["team_id"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("planned_by", sa.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    op.create_index(
        op.f("ix_follow_ups_customer_id_due_at_id"), "follow_ups", ["customer_id", "due_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_follow_ups_user_id_state_due_at_id"), "follow_ups", ["user_id", "state", "due_at", "id"], unique=False
    )
    op.create_index(
        "uq_follow_ups_open",
        "follow_ups",
        ["customer_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "interactions",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("participants", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
    )
    op.create_index(
        op.f("ix_interactions_author_id_happened_at_id"),
        "interactions",
        ["author_id", "happened_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_interactions_created_at_id"), "interactions", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_interactions_customer_id_happened_at_id"),
        "interactions",
        ["customer_id", "happened_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_interactions_happened_at_id"), "interactions", ["happened_at", "id"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("follow_up_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("follow_up_id", "due_at", name=op.f("uq_reminders_follow_up_id_due_at")),
    )
    op.create_index(op.f("ix_reminders_user_id_unread_id"), "reminders", ["user_id", "unread", "id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_reminders_user_id_unread_id"), table_name="reminders")
    op.drop_table("reminders")
    op.drop_index(op.f("ix_interactions_happened_at_id"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_customer_id_happened_at_id"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_created_at_id"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_author_id_happened_at_id"), table_name="interactions")
    op.drop_table("interactions")
    op.drop_index("uq_follow_ups_open", table_name="follow_ups", postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f("ix_follow_ups_user_id_state_due_at_id"), table_name="follow_ups")
    op.drop_index(op.f("ix_follow_ups_customer_id_due_at_id"), table_name="follow_ups")
    op.drop_table("follow_ups")
    op.drop_index(op.f("ix_customers_team_id"), table_name="customers")
    op.drop_index(op.f("ix_customers_owner_id"), table_name="customers")
    op.drop_table("customers")

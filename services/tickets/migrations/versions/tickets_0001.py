"""The tables of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "tickets_0001"
down_revision = None
branch_labels = ("tickets",)
depends_on = "chassis_0001"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "agents",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agents")),
    )
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
        "ticket_numbers",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_ticket_numbers")),
    )
    op.create_table(
        "tickets",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column(
            "urgency",
            sa.Integer(),
            sa.Computed(
                "CASE priority WHEN 'low' THEN 1 WHEN 'normal' THEN 2 WHEN 'high' THEN 3 ELSE 4 END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("assignee_id", sa.UUID(), nullable=True),
        sa.Column("accused_id", sa.UUID(), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index(
        op.f("ix_tickets_assignee_id_created_at_id"), "tickets", ["assignee_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_tickets_created_at_id"), "tickets", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_tickets_created_by_created_at_id"), "tickets", ["created_by", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_tickets_customer_id_created_at_id"), "tickets", ["customer_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_tickets_in_work",
        "tickets",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'open', 'waiting')"),
    )
    op.create_index(
        "ix_tickets_load",
        "tickets",
        ["assignee_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'open', 'waiting')"),
    )
    op.create_index(op.f("ix_tickets_team_id_created_at_id"), "tickets", ["team_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_tickets_updated_at_id"), "tickets", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_tickets_urgency_id"), "tickets", ["urgency", "id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_comments_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(
        op.f("ix_comments_ticket_id_created_at_id"), "comments", ["ticket_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "ticket_history",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.UUID(), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_history_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_history")),
    )
    op.create_index(
        op.f("ix_ticket_history_ticket_id_at_id"), "ticket_history", ["ticket_id", "at", "id"], unique=False
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_ticket_history_ticket_id_at_id"), table_name="ticket_history")
    op.drop_table("ticket_history")
    op.drop_index(op.f("ix_comments_ticket_id_created_at_id"), table_name="comments")
    op.drop_table("comments")
    op.drop_index(op.f("ix_tickets_urgency_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_updated_at_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_team_id_created_at_id"), table_name="tickets")
    op.drop_index(
        "ix_tickets_load", table_name="tickets", postgresql_where=sa.text("state IN ('new', 'open', 'waiting')")
    )
    op.drop_index(
        "ix_tickets_in_work", table_name="tickets", postgresql_where=sa.text("state IN ('new', 'open', 'waiting')")
    )
    op.drop_index(op.f("ix_tickets_customer_id_created_at_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_created_by_created_at_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_created_at_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_assignee_id_created_at_id"), table_name="tickets")
    op.drop_table("tickets")
    op.drop_table("ticket_numbers")
    op.drop_index(op.f("ix_customers_team_id"), table_name="customers")
    op.drop_index(op.f("ix_customers_owner_id"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("agents")

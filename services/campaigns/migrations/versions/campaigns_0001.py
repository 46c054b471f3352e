"""The tables of campaigns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "campaigns_0001"
down_revision = None
branch_labels = ("campaigns",)
depends_on = "chassis_0001"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("template", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("throttle_per_minute", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.UUID(), nullable=True),
        sa.Column("sender_name", sa.String(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audience_customers", sa.Integer(), nullable=True),
        sa.Column("without_address", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_created_at_id"), "campaigns", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_campaigns_name_id"), "campaigns", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_campaigns_owner_id_created_at_id"), "campaigns", ["owner_id", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_campaigns_team_id_created_at_id"), "campaigns", ["team_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("revenue", sa.Numeric(), nullable=True),
        sa.Column("in_pool", sa.Boolean(), nullable=False),
        sa.Column("addressees", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_created_at_id"), "customers", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_customers_owner_id"), "customers", ["owner_id"], unique=False)
    op.create_index(op.f("ix_customers_team_id"), "customers", ["team_id"], unique=False)
    op.create_table(
        "unsubscriptions",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("campaign_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.UUID(), nullable=True),
        sa.Column("lift_note", sa.String(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsubscriptions")),
    )
    op.create_index(op.f("ix_unsubscriptions_campaign_id"), "unsubscriptions", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_unsubscriptions_created_at_id"), "unsubscriptions", ["created_at", "id"], unique=False)
    op.create_index(
        "uq_unsubscriptions_standing",
        "unsubscriptions",
        ["address_hash"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "recipients",
        sa.Column("campaign_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.UUID(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_recipients_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint("campaign_id", "address", name=op.f("uq_recipients_campaign_id_address")),
    )
    op.create_index(
        op.f("ix_recipients_campaign_id_position_id"), "recipients", ["campaign_id", "position", "id"], unique=False
    )
    op.create_index(
        "ix_recipients_claimed",
        "recipients",
        ["campaign_id"],
        unique=False,
        postgresql_where=sa.text("claim IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_recipients_customer_id_created_at_id"), "recipients", ["customer_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_recipients_pending",
        "recipients",
        ["campaign_id", "due_at", "position"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_recipients_unusual",
        "recipients",
        ["campaign_id", "state", "position", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('sending', 'skipped', 'failed', 'uncertain')"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(
        "ix_recipients_unusual",
        table_name="recipients",
        postgresql_where=sa.text("state IN ('sending', 'skipped', 'failed', 'uncertain')"),
    )
    op.drop_index("ix_recipients_pending", table_name="recipients", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index(op.f("ix_recipients_customer_id_created_at_id"), table_name="recipients")
    op.drop_index("ix_recipients_claimed", table_name="recipients", postgresql_where=sa.text("claim IS NOT NULL"))
    op.drop_index(op.f("ix_recipients_campaign_id_position_id"), table_name="recipients")
    op.drop_table("recipients")
    op.drop_index(
        "uq_unsubscriptions_standing", table_name="unsubscriptions", postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.drop_index(op.f("ix_unsubscriptions_created_at_id"), table_name="unsubscriptions")
    op.drop_index(op.f("ix_unsubscriptions_campaign_id"), table_name="unsubscriptions")
    op.drop_table("unsubscriptions")
    op.drop_index(op.f("ix_customers_team_id"), table_name="customers")
    op.drop_index(op.f("ix_customers_owner_id"), table_name="customers")
    op.drop_index(op.f("ix_customers_created_at_id"), table_name="customers")
    op.drop_table("customers")
    op.drop_index(op.f("ix_campaigns_team_id_created_at_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_owner_id_created_at_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_name_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_created_at_id"), table_name="campaigns")
    op.drop_table("campaigns")

"""People who leave."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "auth_0007"
down_revision = "auth_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "departures",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("hand_over_to", sa.UUID(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hand_over_to"], ["users.id"], name=op.f("fk_departures_hand_over_to")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_departures_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
    )
    op.create_index("ix_departures_user_id", "departures", ["user_id", "at"])
    op.create_index(
        "ix_departures_hand_over_to", "departures", ["hand_over_to"], postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_table(
        "departure_parts",
        sa.Column("departure_id", sa.UUID(), nullable=False),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("left", sa.Integer(), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_departure_parts_departure_id")),
        sa.PrimaryKeyConstraint("departure_id", "service", name=op.f("pk_departure_parts")),
    )
    op.create_table(
        "departure_exports",
        sa.Column("departure_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("resource", sa.String(length=50), nullable=False),
        sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["departure_id"], ["departures.id"], name=op.f("fk_departure_exports_departure_id")),
        sa.PrimaryKeyConstraint("departure_id", "id", name=op.f("pk_departure_exports")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("departure_exports")
    op.drop_table("departure_parts")
    op.drop_table("departures")

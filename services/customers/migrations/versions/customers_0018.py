"""Relations between customers."""

import sqlalchemy as sa
from alembic import op

revision = "customers_0018"
down_revision = "customers_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "relations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_id", sa.UUID(), nullable=False),
        sa.Column("to_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("role", sa.String(20), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
        sa.ForeignKeyConstraint(["from_id"], ["customers.id"], name=op.f("fk_relations_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["customers.id"], name=op.f("fk_relations_to_id")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_relations_two_ends")),
        sa.CheckConstraint("until IS NULL OR since IS NULL OR since <= until", name=op.f("ck_relations_in_order")),
    )
    op.create_index(
        "uq_relations_lasting",
        "relations",
        ["from_id", "to_id", "kind"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(op.f("ix_relations_from_id_id"), "relations", ["from_id", "id"])
    op.create_index(op.f("ix_relations_to_id_id"), "relations", ["to_id", "id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("relations")

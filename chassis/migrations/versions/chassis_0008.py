"""Records that turned out to be one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "chassis_0008"
down_revision = "chassis_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "merge_steps",
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("loser_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merge_steps")),
    )
    op.create_table(
        "merged_records",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_merged_records")),
    )
    op.create_index(op.f("ix_merged_records_merged_into"), "merged_records", ["merged_into"])
    op.create_index(op.f("ix_merged_records_merge_id"), "merged_records", ["merge_id"])
    op.create_table(
        "merge_moves",
        sa.Column("position", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("pointer", sa.String(length=63), nullable=False),
        sa.Column("key", postgresql.JSONB(), nullable=False),
        sa.Column("was", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_merge_moves")),
    )
    op.create_index("ix_merge_moves_merge_id_table_name", "merge_moves", ["merge_id", "table_name"])
    op.create_table(
        "merge_images",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("image", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_images")),
    )
    op.create_index("ix_merge_images_merge_id_position", "merge_images", ["merge_id", "position"])
    op.create_index("ix_merge_images_record_ids", "merge_images", ["record_ids"], postgresql_using="gin")


def downgrade() -> None:
    """Go back."""
    for table in ("merge_images", "merge_moves", "merged_records", "merge_steps"):
        op.drop_table(table)

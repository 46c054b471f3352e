"""What imports and bulk changes have done, so that it can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0013"
down_revision = "customers_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "change_sets",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("undo_job_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_sets")),
    )
    op.create_index(op.f("ix_change_sets_owner_id_created_at_id"), "change_sets", ["owner_id", "created_at", "id"])
    op.add_column("import_rows", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("import_rows", sa.Column("before", postgresql.JSONB(), nullable=True))
    op.add_column("import_rows", sa.Column("known_by", postgresql.ARRAY(sa.LargeBinary()), nullable=True))
    # The table holds the rows of unfinished imports only, so this takes no time.
    op.create_index(
        op.f("ix_import_rows_customer_id"),
        "import_rows",
        ["customer_id"],
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_import_rows_known_by"),
        "import_rows",
        ["known_by"],
        postgresql_using="gin",
        postgresql_where=sa.text("known_by IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_import_rows_known_by"), table_name="import_rows")
    op.drop_index(op.f("ix_import_rows_customer_id"), table_name="import_rows")
    for column in ("known_by", "before", "version"):
        op.drop_column("import_rows", column)
    op.drop_table("change_sets")

"""Which columns people took for which fields, for files with the same columns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0022"
down_revision = "customers_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "import_mappings",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mappings")),
        sa.UniqueConstraint("owner_id", "header", name=op.f("uq_import_mappings_owner_id_header")),
    )
    op.create_index(op.f("ix_import_mappings_header_used_at"), "import_mappings", ["header", "used_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("import_mappings")

"""What search finds customers by; a timer has the service fill it in for those who are there already."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0019"
down_revision = "customers_0018"
branch_labels = None
depends_on = None

INDEX, MISSING = "ix_customers_search_tokens", "ix_customers_without_search_tokens"

FILL = """
INSERT INTO timers (kind, key, due_at, payload)
SELECT 'fill_search', 'all', now(), '{}' WHERE EXISTS (SELECT FROM customers) ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Go to this version."""
    op.add_column("customers", sa.Column("search_tokens", postgresql.TSVECTOR(), nullable=True), if_not_exists=True)
    with op.get_context().autocommit_block():
        for name in (INDEX, MISSING):
            op.drop_index(op.f(name), table_name="customers", if_exists=True, postgresql_concurrently=True)  # half made
        op.create_index(
            op.f(INDEX),
            "customers",
            ["search_tokens"],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
            postgresql_concurrently=True,
        )
        missing = sa.text("search_tokens IS NULL")
        op.create_index(op.f(MISSING), "customers", ["id"], postgresql_where=missing, postgresql_concurrently=True)
    op.execute(FILL)


def downgrade() -> None:
    """Go back."""
    for name in (INDEX, MISSING):
        op.drop_index(op.f(name), table_name="customers")
    op.drop_column("customers", "search_tokens")

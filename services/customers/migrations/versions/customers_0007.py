"""Where in the table the customers of a time are, for searches."""

from alembic import op

revision = "customers_0007"
down_revision = "customers_0006"
branch_labels = None
depends_on = None

TIMES = ("created_at", "updated_at")


def upgrade() -> None:
    """Go to this version."""
    with op.get_context().autocommit_block():
        for column in TIMES:
            name = op.f(f"ix_customers_{column}")
            op.drop_index(name, table_name="customers", if_exists=True, postgresql_concurrently=True)  # half made
            op.create_index(
                name,
                "customers",
                [column],
                postgresql_using="brin",
                postgresql_with={"autosummarize": True},
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    """Go back."""
    for column in TIMES:
        op.drop_index(op.f(f"ix_customers_{column}"), table_name="customers")

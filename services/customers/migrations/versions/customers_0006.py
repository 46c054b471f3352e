"""How customers are classified, with the dictionaries for it and the history of grades and stages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.clock import now
from chassis.ids import new_id
from services.customers.terms.planted import planted

revision = "customers_0006"
down_revision = "customers_0005"
branch_labels = None
depends_on = None

TEXTS = {"registration_number": 60, "industry": 20, "size": 20, "source": 20, "grade": 20}
MOMENTS = ("contract_ends_at", "last_deal_at")
FOUND_BY = ("registration_number", "industry", "grade", "contract_ends_at")


def upgrade() -> None:
    """Go to this version; new columns without values are no work, however many rows there are."""
    for name, length in TEXTS.items():
        op.add_column("customers", sa.Column(name, sa.String(length), nullable=True))
    stage = sa.Column("lifecycle_stage", sa.String(10), nullable=False, server_default="lead")
    op.add_column("customers", stage)
    for name in MOMENTS:
        op.add_column("customers", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _terms()
    _standings()
    with op.get_context().autocommit_block():
        for name in FOUND_BY:
            given = sa.text(f"{name} IS NOT NULL")
            options: dict[str, Any] = {
                "postgresql_where": given,
                "postgresql_concurrently": True,
                "if_not_exists": True,
            }
            op.create_index(op.f(f"ix_customers_{name}"), "customers", [name], **options)


def downgrade() -> None:
    """Go back."""
    op.drop_table("standings")
    op.drop_table("terms")
    for name in (*TEXTS, "lifecycle_stage", *MOMENTS):
        op.drop_column("customers", name)


def _terms() -> None:
    terms = op.create_table(
        "terms",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dictionary", sa.String(20), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_zh", sa.String(100), nullable=True),
        sa.Column("parent_code", sa.String(20), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("dictionary", "code", name=op.f("uq_terms_dictionary_code")),
    )
    op.create_index(op.f("ix_terms_dictionary_rank_id"), "terms", ["dictionary", "rank", "id"])
    common = {"version": 1, "created_at": now(), "updated_at": now(), "active": True}
    op.bulk_insert(terms, [{"id": new_id(), **common, **one} for one in planted()])


def _standings() -> None:
    op.create_table(
        "standings",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("before", sa.String(20), nullable=True),
        sa.Column("after", sa.String(20), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("by_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standings")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_standings_customer_id")),
    )
    op.create_index(op.f("ix_standings_customer_id_at_id"), "standings", ["customer_id", "at", "id"])

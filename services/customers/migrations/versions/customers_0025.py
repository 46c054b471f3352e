"""Standards of quality, the scores of customers, and when what was confirmed."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.clock import now
from chassis.ids import new_id
from services.customers.quality.defaults import planted

revision = "customers_0025"
down_revision = "customers_0024"
branch_labels = None
depends_on = None

TIMER = """
INSERT INTO timers (kind, key, due_at, payload)
VALUES ('quality_day', 'customers', date_trunc('day', now()) + interval '1 day 5 minutes', '{}')
"""
ASSESS = """
INSERT INTO timers (kind, key, due_at, payload)
SELECT 'assess_anew', 'customers', now(), '{}' WHERE EXISTS (SELECT FROM customers) ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Go to this version."""
    standards = op.create_table(
        "quality_standards",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("lifecycle_stage", sa.String(10), nullable=False),
        sa.Column("criteria", postgresql.JSONB(), nullable=False),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("validity", sa.Integer(), nullable=False),
        sa.Column("freshness", sa.Integer(), nullable=False),
        sa.Column("tasks", postgresql.ARRAY(sa.String(20)), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_standards")),
        sa.UniqueConstraint("kind", "lifecycle_stage", name=op.f("uq_quality_standards_kind_lifecycle_stage")),
    )
    moment = now()
    common = {"version": 1, "created_at": moment, "updated_at": moment}
    op.bulk_insert(standards, [{"id": new_id(), **common, **one} for one in planted()])
    _create_qualities()
    op.create_table(
        "field_moments",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("field", sa.String(60), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "field", name=op.f("pk_field_moments")),
    )
    op.execute(TIMER)
    op.execute(ASSESS)


def _create_qualities() -> None:
    parts, states = ("score", "completeness", "validity", "freshness"), ("missing", "invalid", "stale")
    numbers = [sa.Column(name, sa.SmallInteger(), nullable=False) for name in parts]
    texts: Any = postgresql.ARRAY(sa.String(60))
    fields = [sa.Column(name, texts, nullable=False) for name in states]
    op.create_table(
        "qualities",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("pool_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("lifecycle_stage", sa.String(10), nullable=False),
        *numbers,
        *fields,
        sa.Column("standard_version", sa.Integer(), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_qualities")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_qualities_customer_id"), ondelete="CASCADE"
        ),
    )
    for columns in ([], ["owner_id"], ["team_id"], ["pool_id"]):
        every = [*columns, "score", "customer_id"]
        op.create_index(f"ix_qualities_{'_'.join(every)}", "qualities", every)
    op.create_index("ix_qualities_falls_on", "qualities", ["falls_on"])


def downgrade() -> None:
    """Go back."""
    for table in ("field_moments", "qualities", "quality_standards"):
        op.drop_table(table)

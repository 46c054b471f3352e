"""A dictionary of tags, and how many customers have each.

Writers of customers wait while those that are there are counted: some seconds for a million.
"""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "customers_0023"
down_revision = "customers_0022"
branch_labels = None
depends_on = None

ADDED = """
    INSERT INTO tag_uses (tag, owner_id, team_id, pool_id, customers)
    SELECT tag, owner_id, team_id, CASE WHEN in_pool THEN pool_id END, {sign}count(*)
    FROM {rows}, LATERAL (SELECT DISTINCT unnest(tags)) AS had (tag) GROUP BY 1, 2, 3, 4;
"""

PLAIN = """
CREATE FUNCTION note_tags_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {added}
    RETURN NULL;
END $$;
CREATE TRIGGER note_tags_{event} AFTER {event} ON customers
    REFERENCING {side} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION note_tags_{event}();
"""

CHANGED = """
CREATE FUNCTION note_tags_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tag_uses (tag, owner_id, team_id, pool_id, customers)
    SELECT DISTINCT unnest(OLD.tags), OLD.owner_id, OLD.team_id, CASE WHEN OLD.in_pool THEN OLD.pool_id END, -1
    UNION ALL
    SELECT DISTINCT unnest(NEW.tags), NEW.owner_id, NEW.team_id, CASE WHEN NEW.in_pool THEN NEW.pool_id END, 1;
    RETURN NULL;
END $$;
CREATE TRIGGER note_tags_update AFTER UPDATE ON customers FOR EACH ROW WHEN (
    (OLD.tags, OLD.owner_id, OLD.team_id, OLD.in_pool, OLD.pool_id)
    IS DISTINCT FROM (NEW.tags, NEW.owner_id, NEW.team_id, NEW.in_pool, NEW.pool_id)
    AND cardinality(OLD.tags) + cardinality(NEW.tags) > 0
) EXECUTE FUNCTION note_tags_update();
"""


def _times() -> Iterator[sa.Column[datetime]]:
    return (sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("created_at", "updated_at"))


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "tag_groups",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_times(),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_groups")),
    )
    op.create_index("uq_tag_groups_name", "tag_groups", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "tags",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_times(),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("controlled", sa.Boolean(), nullable=False),
        sa.Column("colour", sa.String(7), nullable=True),
        sa.Column("description", sa.String(300), nullable=True),
        sa.Column("group_id", sa.UUID(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("replaced_by", sa.String(50), nullable=True),
        sa.Column("change_set_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.ForeignKeyConstraint(["group_id"], ["tag_groups.id"], name=op.f("fk_tags_group_id")),
    )
    op.create_index("uq_tags_name", "tags", ["name"], unique=True)
    for name in ("replaced_by", "change_set_id"):
        op.create_index(op.f(f"ix_tags_{name}"), "tags", [name], postgresql_where=sa.text(f"{name} IS NOT NULL"))
    op.create_table(
        "tag_rules",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_times(),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tag_rules")),
    )
    op.execute("INSERT INTO tag_rules VALUES ('customers', 1, now(), now(), true)")
    op.create_table(
        "tag_uses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tag", sa.String(50), nullable=False),
        *(sa.Column(name, sa.UUID(), nullable=True) for name in ("owner_id", "team_id", "pool_id")),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_uses")),
    )
    for name in ("owner_id", "team_id", "pool_id"):
        op.create_index(f"ix_tag_uses_{name}", "tag_uses", [name], postgresql_where=sa.text(f"{name} IS NOT NULL"))
    op.execute(PLAIN.format(event="insert", side="NEW", added=ADDED.format(sign="", rows="touched")))
    op.execute(PLAIN.format(event="delete", side="OLD", added=ADDED.format(sign="-", rows="touched")))
    op.execute(CHANGED)
    op.execute(ADDED.format(sign="", rows="customers"))
    op.execute(
        "INSERT INTO timers (kind, key, due_at, payload)"
        " VALUES ('fold_tag_uses', 'all', now() + interval '10 minutes', '{}') ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    """Go back."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER note_tags_{event} ON customers")
        op.execute(f"DROP FUNCTION note_tags_{event}()")
    for table in ("tag_uses", "tag_rules", "tags", "tag_groups"):
        op.drop_table(table)

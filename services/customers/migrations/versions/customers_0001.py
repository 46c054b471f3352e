"""The tables of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customers_0001"
down_revision = None
branch_labels = ("customers",)
depends_on = "chassis_0001"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "customers",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200, collation="C"), nullable=False),
        sa.Column("name_grams", postgresql.TSVECTOR(), nullable=False),
        sa.Column("sector", sa.String(length=60), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("website", sa.String(length=300), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("revenue", sa.Numeric(), nullable=True),
        sa.Column("established_year", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.String(length=50)), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("in_pool", sa.Boolean(), nullable=False),
        sa.Column("pooled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.CheckConstraint("in_pool = (owner_id IS NULL)", name=op.f("ck_customers_owner_or_pool")),
        sa.ForeignKeyConstraint(["parent_id"], ["customers.id"], name=op.f("fk_customers_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_country"), "customers", ["country"], unique=False)
    op.create_index(
        op.f("ix_customers_created_at_id"),
        "customers",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("version > 0"),
    )
    op.create_index(
        op.f("ix_customers_name_grams"),
        "customers",
        ["name_grams"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.create_index(
        op.f("ix_customers_name_key_id"),
        "customers",
        ["name_key", "id"],
        unique=False,
        postgresql_where=sa.text("version > 0"),
    )
    op.create_index(
        op.f("ix_customers_owner_id_created_at_id"),
        "customers",
        ["owner_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_owner_id_name_key_id"),
        "customers",
        ["owner_id", "name_key", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_owner_id_updated_at_id"),
        "customers",
        ["owner_id", "updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_parent_id_name_key_id"),
        "customers",
        ["parent_id", "name_key", "id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_customers_pool_created_at_id",
        "customers",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("in_pool"),
    )
    op.create_index(
        "ix_customers_pool_name_key_id",
        "customers",
        ["name_key", "id"],
        unique=False,
        postgresql_where=sa.text("in_pool"),
    )
    op.create_index(
        "ix_customers_pool_updated_at_id",
        "customers",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("in_pool"),
    )
    op.create_index(op.f("ix_customers_sector"), "customers", ["sector"], unique=False)
    op.create_index(op.f("ix_customers_tags"), "customers", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_customers_team_id_created_at_id"),
        "customers",
        ["team_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_team_id_name_key_id"),
        "customers",
        ["team_id", "name_key", "id"],
        unique=False,
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_team_id_updated_at_id"),
        "customers",
        ["team_id", "updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customers_updated_at_id"),
        "customers",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("version > 0"),
    )
    op.create_table(
        "import_rows",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("name_key", sa.String(length=200, collation="C"), nullable=True),
        sa.Column("parent_key", sa.String(length=200, collation="C"), nullable=True),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index(
        op.f("ix_import_rows_job_id_name_key"),
        "import_rows",
        ["job_id", "name_key"],
        unique=False,
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.create_table(
        "contacts",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_contacts_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_customer_id"), "contacts", ["customer_id"], unique=False)
    op.create_index(
        "uq_contacts_primary", "contacts", ["customer_id"], unique=True, postgresql_where=sa.text("is_primary")
    )
    op.create_table(
        "ownerships",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("from_id", sa.UUID(), nullable=True),
        sa.Column("to_id", sa.UUID(), nullable=True),
        sa.Column("by_id", sa.UUID(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_ownerships_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownerships")),
    )
    op.create_index(op.f("ix_ownerships_customer_id_at_id"), "ownerships", ["customer_id", "at", "id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_ownerships_customer_id_at_id"), table_name="ownerships")
    op.drop_table("ownerships")
    op.drop_index("uq_contacts_primary", table_name="contacts", postgresql_where=sa.text("is_primary"))
    op.drop_index(op.f("ix_contacts_customer_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(
        op.f("ix_import_rows_job_id_name_key"),
        table_name="import_rows",
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.drop_table("import_rows")
    op.drop_index(op.f("ix_customers_updated_at_id"), table_name="customers", postgresql_where=sa.text("version > 0"))
    op.drop_index(
        op.f("ix_customers_team_id_updated_at_id"),
        table_name="customers",
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_customers_team_id_name_key_id"),
        table_name="customers",
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_customers_team_id_created_at_id"),
        table_name="customers",
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_customers_tags"), table_name="customers", postgresql_using="gin")
    op.drop_index(op.f("ix_customers_sector"), table_name="customers")
    op.drop_index("ix_customers_pool_updated_at_id", table_name="customers", postgresql_where=sa.text("in_pool"))
    op.drop_index("ix_customers_pool_name_key_id", table_name="customers", postgresql_where=sa.text("in_pool"))
    op.drop_index("ix_customers_pool_created_at_id", table_name="customers", postgresql_where=sa.text("in_pool"))
    op.drop_index(
        op.f("ix_customers_parent_id_name_key_id"),
        table_name="customers",
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_customers_owner_id_updated_at_id"),
        table_name="customers",
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_customers_owner_id_name_key_id"),
        table_name="customers",
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_customers_owner_id_created_at_id"),
        table_name="customers",
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_customers_name_key_id"), table_name="customers", postgresql_where=sa.text("version > 0"))
    op.drop_index(
        op.f("ix_customers_name_grams"),
        table_name="customers",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.drop_index(op.f("ix_customers_created_at_id"), table_name="customers", postgresql_where=sa.text("version > 0"))
    op.drop_index(op.f("ix_customers_country"), table_name="customers")
    op.drop_table("customers")

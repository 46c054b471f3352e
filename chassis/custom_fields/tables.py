"""Where custom fields are defined, and the values that are to be found or kept apart by their marks."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import chassis_metadata

custom_fields = Table(
    "custom_fields",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("resource", String(50), nullable=False),
    Column("key", String(40), nullable=False),
    Column("label", String(100), nullable=False),
    Column("label_zh", String(100)),
    Column("kind", String(20), nullable=False),
    Column("options", JSONB, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("is_unique", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("resource", "key"),
)

custom_keys = Table(
    "custom_keys",
    chassis_metadata,
    Column("field_id", Uuid, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("mark", LargeBinary, nullable=False),
    Column("is_unique", Boolean, nullable=False),
    Index("uq_custom_keys_field_id_mark", "field_id", "mark", unique=True, postgresql_where="is_unique"),
    Index("ix_custom_keys_field_id_mark", "field_id", "mark"),
    Index("ix_custom_keys_record_id", "record_id"),
)
"""The blind index (``Vault.mark``) of each value of a unique or private field."""

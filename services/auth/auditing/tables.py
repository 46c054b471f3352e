"""The tables of the audit trail. They are no entities: what is chained is only ever added to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.auth.models import Base

MAX_ADDRESS = 45

audit_chain = Table(
    "audit_chain",
    Base.metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("service", String(50), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("action", String(100), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("actor", Uuid),
    Column("remote_addr", String(MAX_ADDRESS)),
    Column("resource", String(100)),
    Column("records", ARRAY(Uuid), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Index("uq_audit_chain_service_number", "service", "number", unique=True),
    Index("ix_audit_chain_at", "at"),
    Index("ix_audit_chain_actor", "actor", "sequence"),
    Index("ix_audit_chain_action", "action", "sequence"),
    Index("ix_audit_chain_resource", "resource", "sequence"),
    Index("ix_audit_chain_remote_addr", "remote_addr", "sequence"),
    Index("ix_audit_chain_records", "records", postgresql_using="gin"),
)
"""One row for each entry of any service. ``body`` is what the service sent, as canonical JSON, and is what the hash is
made of; the columns before it repeat parts of it for searching, which ``verify`` compares."""

audit_head = Table(
    "audit_head",
    Base.metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The end of the chain. Whoever adds to the chain holds this row, so there is one chain."""

audit_sources = Table(
    "audit_sources",
    Base.metadata,
    Column("service", String(50), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The number of the last entry of each service that is chained."""

audit_arrivals = Table(
    "audit_arrivals",
    Base.metadata,
    Column("service", String(50), primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("entries", JSONB, nullable=False),
    Column("arrived_at", DateTime(timezone=True), nullable=False),
)
"""Batches that wait for the ones before them."""

audit_checkpoints = Table(
    "audit_checkpoints",
    Base.metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""Signed states of the chain; the newest is also kept elsewhere."""

audit_days = Table(
    "audit_days",
    Base.metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("what", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many records each person has read, exported or deleted on each day."""

permission_uses = Table(
    "permission_uses",
    Base.metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("permission", String(100), primary_key=True),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
)
"""When each person last made use of each permission."""

alerts = Table(
    "alerts",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("user_id", Uuid),
    Column("day", Date),
    Column("details", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Uuid),
    Column("remark", Text),
    Column("mailed_at", DateTime(timezone=True)),
    Index("ix_alerts_raised_at_id", "raised_at", "id"),
    Index("ix_alerts_mailed_at", "mailed_at"),
    Index("uq_alerts_user_day", "kind", "user_id", "day", unique=True, postgresql_where=text("user_id IS NOT NULL")),
)

"""The shares of a service's records, and of those records that it has replicas of, with the conditions on them.

A pair of record and grantee has one row, whose version grows each time that it is shared, changed or ended. It is never
deleted, so that an event that comes late is known for an old one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Select,
    String,
    Table,
    Uuid,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.database import chassis_metadata
from chassis.identity.caller import Caller
from chassis.identity.directory import note_grantee
from chassis.identity.events import RecordShared
from chassis.ids import new_id
from chassis.outbox import record

GRANTEE_KINDS = USER, TEAM = ("user", "team")

READ, CHANGE = "read", "change"
"""The actions that a share can cover; with all others, such as sharing on, one needs a reach of one's own."""

UUIDS: ARRAY[UUID] = ARRAY(PG_UUID(as_uuid=True))

STANDING = "ended_at IS NULL"

shares = Table(
    "shares",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("resource", String(50), nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("grantee_kind", String(4), nullable=False),
    Column("grantee_id", Uuid, nullable=False),
    Column("may_change", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("by", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("uq_shares_pair", "record_id", "grantee_id", "resource", unique=True),
    Index("ix_shares_grantee", "grantee_id", "resource", "record_id", postgresql_where=STANDING),
    Index("ix_shares_record", "resource", "record_id", "at", "id", postgresql_where=STANDING),
)


def covers(caller: Caller, resource: str, permission: str) -> bool:
    """Whether there may be shares with the caller that the permission could use."""
    action = permission.partition(":")[2]
    return resource in caller.shared and action in (READ, CHANGE) and caller.may(permission)


def standing() -> ColumnElement[bool]:
    """The condition that a share is good at this moment: neither ended nor expired."""
    unexpired = or_(shares.c.expires_at.is_(None), shares.c.expires_at > func.now())
    return and_(shares.c.ended_at.is_(None), unexpired)


def is_shared(record_id: Any, caller: Caller, resource: str, permission: str) -> ColumnElement[bool]:
    """The condition that a record is shared with the caller: for testing rows that something else has found."""
    shared = exists().where(shares.c.record_id == record_id, *_with(caller, resource, permission))
    # However deep it stands in a query: it is about the record of that query, never about just any record.
    return shared.correlate_except(shares)


def is_among_shared(record_id: Any, caller: Caller, resource: str, permission: str) -> ColumnElement[bool]:
    """The same condition for finding rows: the index of ``record_id`` leads from the shares to the records.

    The ids are gathered first. PostgreSQL takes them for few, so it never reads a whole table in order, waiting for
    one of them to turn up.
    """
    return record_id == any_(func.array(shared_ids(caller, resource, permission).scalar_subquery()))


def shared_ids(caller: Caller, resource: str, permission: str) -> Select[UUID]:
    """The ids of the records that are shared with the caller or with a team of his, in so far as he may do this."""
    return select(shares.c.record_id).where(*_with(caller, resource, permission))


def visible_share_ids(caller: Caller) -> Select[UUID]:
    """The shares whose changes the caller hears of live: those with him or with a team of his, also as they end."""
    return select(shares.c.id).where(_his(caller))


def _his(caller: Caller) -> ColumnElement[bool]:
    # One parameter, whatever the number of teams: IN would be rendered anew for each execution.
    return shares.c.grantee_id == any_(literal([caller.user_id, *caller.teams], UUIDS))


def _with(caller: Caller, resource: str, permission: str) -> list[ColumnElement[bool]]:
    enough = [shares.c.may_change] if permission.endswith(f":{CHANGE}") else []
    return [_his(caller), shares.c.resource == resource, standing(), *enough]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """With whom a record is shared, what he may do with it, and how long."""

    grantee_kind: str
    grantee_id: UUID
    may_change: bool = False
    expires_at: datetime | None = None


def put(
    session: Session, event: type[RecordShared], resource: str, record_id: UUID, wanted: Terms, *, by: UUID
) -> dict[str, Any]:
    """Share a record, or give the share that there is other terms, and tell of it. Returns the row."""
    terms = {"may_change": wanted.may_change, "expires_at": wanted.expires_at, "by": by, "at": now(), "ended_at": None}
    grantee = {"grantee_kind": wanted.grantee_kind, "grantee_id": wanted.grantee_id}
    row = insert(shares).values(id=new_id(), version=1, resource=resource, record_id=record_id, **grantee, **terms)
    again = row.on_conflict_do_update(
        index_elements=["record_id", "grantee_id", "resource"], set_={"version": shares.c.version + 1, **terms}
    )
    stored = dict(session.execute(again.returning(shares)).mappings().one())
    tell(session, event, [stored])
    note_grantee(session, wanted.grantee_id, resource)
    return stored


def tell(session: Session, event: type[RecordShared], rows: list[dict[str, Any]]) -> None:
    """Tell the others, and the audit trail, of the present state of shares."""
    for row in rows:
        seen = {name: row[name] and str(row[name]) for name in ("grantee_kind", "grantee_id", "expires_at", "ended_at")}
        seen["may_change"] = row["may_change"]
        audit.note(session, "share", resource=row["resource"], record_id=row["record_id"], after=seen)
        state = {name: value for name, value in row.items() if name not in ("id", "version")}
        record(session, event(aggregate_id=row["id"], version=row["version"], **state))


def keep(session: Session, event: RecordShared) -> None:
    """Take over a share that another service tells of, unless a newer state of it is here already."""
    row = insert(shares).values(id=event.aggregate_id, version=event.version, **event.payload())
    newer = {name: row.excluded[name] for name in ("version", *event.payload())}
    session.execute(
        row.on_conflict_do_update(index_elements=["id"], set_=newer, where=shares.c.version < row.excluded.version)
    )
    note_grantee(session, event.grantee_id, event.resource)

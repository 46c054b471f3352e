"""What a service has done for each order, without personal data, and the records that it must not know again."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import Boolean, Column, DateTime, String, Table, Uuid, exists, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected, chassis_metadata
from chassis.fields import Instant
from chassis.subjects.subject import Subject

privacy_receipts = Table(
    "privacy_receipts",
    chassis_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("lines", JSONB, nullable=False, server_default="[]"),
    Column("job_id", Uuid),
    Column("stopped", Boolean, nullable=False, server_default="false"),
)

erased_records = Table(
    "erased_records",
    chassis_metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""Tombstones: what is told of these records in events from before the erasure is not taken over any more."""


class OrderId(Schema):
    """An order."""

    order_id = fields.UUID(required=True)


class ReceiptView(Schema):
    """How far a service is with an order."""

    taken = fields.Boolean(required=True)
    done_at = Instant(required=True, allow_none=True)
    stopped = fields.Boolean(required=True)
    lines = fields.List(fields.Dict(), required=True)


def take(session: Session, order_id: UUID, kind: str) -> bool:
    """Note that the order has come; False if it had come before."""
    row = insert(privacy_receipts).values(order_id=order_id, kind=kind, taken_at=now())
    return affected(session, row.on_conflict_do_nothing()) == 1


def assign(session: Session, order_id: UUID, job_id: UUID) -> None:
    """Note which job works on the order."""
    session.execute(update(privacy_receipts).where(privacy_receipts.c.order_id == order_id).values(job_id=job_id))


def write(session: Session, order_id: UUID, lines: list[dict[str, Any]], *, stopped: bool = False) -> None:
    """Note what was done; the order is worked off, or was stopped half-way."""
    done = update(privacy_receipts).where(privacy_receipts.c.order_id == order_id)
    session.execute(done.values(done_at=now(), lines=lines, stopped=stopped))


def privacy_receipt(session: Session, caller: None, order_id: UUID) -> dict[str, Any]:
    """Tell how far the service is with an order, and what it has done; there is no personal data in it."""
    query = select(privacy_receipts).where(privacy_receipts.c.order_id == order_id)
    row = session.execute(query).one_or_none()
    if row is None:
        return {"taken": False, "done_at": None, "stopped": False, "lines": []}
    return {"taken": True, "done_at": row.done_at, "stopped": row.stopped, "lines": row.lines}


def bury(session: Session, order_id: UUID, subject: Subject) -> None:
    """Set tombstones for all records of the person."""
    ids = [one for kind in subject.ids.values() for one in kind if _is_id(one)]
    rows = [{"record_id": UUID(one), "order_id": order_id, "at": now()} for one in dict.fromkeys(ids)]
    if rows:
        session.execute(insert(erased_records).on_conflict_do_nothing(), rows)


def bury_record(session: Session, record_id: UUID) -> None:
    """Set a tombstone for one record that was taken away, without an order about a person."""
    row = {"record_id": record_id, "order_id": record_id, "at": now()}
    session.execute(insert(erased_records).on_conflict_do_nothing(), [row])


def is_buried(session: Session, record_id: UUID) -> bool:
    """Whether the record was erased."""
    return bool(session.scalar(select(exists().where(erased_records.c.record_id == record_id))))


def buried(session: Session, record_ids: list[UUID]) -> set[UUID]:
    """Those of the records that were erased."""
    found = select(erased_records.c.record_id).where(erased_records.c.record_id.in_(record_ids))
    return set(session.scalars(found)) if record_ids else set()


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

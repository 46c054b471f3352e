"""The transactional outbox: an event is recorded in the transaction of the change that it tells of.

The relay publishes the rows later. A row is found by its mark, not by its position, so a transaction that commits
late is never overtaken unseen; events of one aggregate keep their order because changes of one aggregate are
serialised by its row lock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    String,
    Table,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from chassis import diffs, tracing
from chassis.clock import now
from chassis.copying import can_copy, copy_into
from chassis.database import affected, chassis_metadata
from chassis.events import Envelope, Event
from chassis.ids import new_id

EVENT_SEALER = "event_sealer"
"""Where the session has the ``EventSealer``."""
MAX_EVENT_BYTES = 64 * 1024
FEW = 20
"""Events in one statement; more are copied."""
KEPT_FOR = timedelta(days=30)

outbox = Table(
    "outbox",
    chassis_metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False),
    Column("type", String(100), nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Index("ix_outbox_unpublished", "position", postgresql_where="published_at IS NULL"),
    Index("ix_outbox_occurred_at", "occurred_at"),
)


def record(session: Session, *events: Event) -> None:
    """Add events to the present transaction; they are published once it has committed.

    Raises ValueError for an event over 64 KiB: events tell what happened, they do not carry documents.
    """
    rows = [_row(session, event) for event in diffs.told(session, events)]
    if len(rows) > FEW and can_copy():
        copy_into(session, outbox.name, list(rows[0]), (row.values() for row in rows))  # type: ignore[misc]
    elif rows:
        session.execute(insert(outbox), rows)


def _row(session: Session, event: Event) -> dict[str, Any]:
    message_id = new_id()
    payload = event.payload()
    if event.sealed:
        payload = session.info[EVENT_SEALER].sealed(type(event), message_id, payload)
    envelope = Envelope(
        id=message_id,
        type=type(event).__name__,
        service=event.sender,
        schema_version=event.schema_version,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id,
        version=event.version,
        occurred_at=now(),
        trace_id=tracing.trace_id(),
        actor=session.info.get("actor"),
        payload=payload,
    )
    body = envelope.encoded()
    if len(body) > MAX_EVENT_BYTES:
        raise ValueError(f"{envelope.type} is {len(body)} bytes; events may have {MAX_EVENT_BYTES}")
    return {
        "id": envelope.id,
        "type": envelope.type,
        "aggregate_id": envelope.aggregate_id,
        "body": body,
        "occurred_at": envelope.occurred_at,
    }


def unpublished(session: Session, limit: int) -> list[Any]:
    """The oldest rows that wait for the relay, in order."""
    columns = (outbox.c.position, outbox.c.id, outbox.c.type, outbox.c.body)
    waiting = select(*columns).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position).limit(limit)
    return list(session.execute(waiting))


def mark_published(session: Session, positions: list[int]) -> None:
    """Note that the broker has confirmed these rows."""
    session.execute(update(outbox).where(outbox.c.position.in_(positions)).values(published_at=now()))


def replay(session: Session, *, since: datetime, until: datetime) -> int:
    """Offer every event of the period to the relay again; consumers skip what they know. Returns how many."""
    period = outbox.c.occurred_at.between(since, until) & outbox.c.published_at.is_not(None)
    return affected(session, update(outbox).where(period).values(published_at=None))


def forget_old(session: Session) -> int:
    """Delete what was published more than 30 days ago. Returns how many rows."""
    old = (outbox.c.occurred_at < now() - KEPT_FOR) & outbox.c.published_at.is_not(None)
    return affected(session, delete(outbox).where(old))


def backlog(session: Session) -> tuple[int, float]:
    """How many rows wait, and the age in seconds of the oldest."""
    waiting = select(outbox.c.occurred_at).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position)
    times = [row.occurred_at for row in session.execute(waiting.limit(10_000))]
    return len(times), (now() - times[0]).total_seconds() if times else 0.0

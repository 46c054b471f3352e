"""Dead letters: messages that could not be handled, parked in the service's database with the reason."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, LargeBinary, String, Table, Text, Uuid, delete, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected, chassis_metadata, dicts
from chassis.errors import NotFound
from chassis.ids import new_id

dead_letters = Table(
    "dead_letters",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("queue", String(200), nullable=False),
    Column("type", String(200)),
    Column("message_id", String(200)),
    Column("body", LargeBinary, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, index=True),
)

SUMMARY = ("id", "queue", "type", "message_id", "reason", "attempts", "parked_at")


def park(
    session: Session,
    *,
    queue: str,
    body: bytes,
    reason: str,
    attempts: int,
    event_type: str | None = None,
    message_id: str | None = None,
    headers: dict[str, Any] | None = None,
) -> None:
    """Keep a message that is given up, so that a person can look at it, retry it or drop it."""
    session.execute(
        insert(dead_letters).values(
            id=new_id(),
            queue=queue,
            type=event_type,
            message_id=message_id,
            body=body,
            headers=headers or {},
            reason=reason,
            attempts=attempts,
            parked_at=now(),
        )
    )


def listed(session: Session, limit: int = 200) -> list[dict[str, Any]]:
    """The parked messages, oldest first, without their bodies."""
    query = select(*(dead_letters.c[name] for name in SUMMARY)).order_by(dead_letters.c.parked_at).limit(limit)
    return dicts(session.execute(query))


def one(session: Session, letter_id: UUID) -> dict[str, Any]:
    """A parked message with its body; raises NotFound."""
    found = dicts(session.execute(select(dead_letters).where(dead_letters.c.id == letter_id)))
    if not found:
        raise NotFound(f"There is no dead letter {letter_id}")
    return found[0]


def drop(session: Session, letter_id: UUID) -> None:
    """Forget a parked message for good; raises NotFound."""
    if affected(session, delete(dead_letters).where(dead_letters.c.id == letter_id)) == 0:
        raise NotFound(f"There is no dead letter {letter_id}")

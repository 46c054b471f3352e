"""The inbox: each consumer takes each message once, whatever the broker repeats."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Column, DateTime, String, Table, Uuid, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected, chassis_metadata

KEPT_FOR = timedelta(days=45)
"""Longer than the outbox keeps what it may replay."""

inbox = Table(
    "inbox",
    chassis_metadata,
    Column("consumer", String(100), primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, index=True),
)


def take(session: Session, consumer: str, message_id: UUID) -> bool:
    """Note the message in the transaction of its effect; False if this consumer has had it before."""
    row = insert(inbox).values(consumer=consumer, message_id=message_id, received_at=now())
    return affected(session, row.on_conflict_do_nothing()) == 1


def forget_old(session: Session) -> int:
    """Delete rows that no replay can bring back. Returns how many."""
    return affected(session, delete(inbox).where(inbox.c.received_at < now() - KEPT_FOR))

"""Timers: instants at which something happens once, as rows with a due time rather than scans of other tables."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Column, DateTime, Integer, String, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.database import Database, chassis_metadata

log = structlog.get_logger()

LONGEST_SLEEP_SECONDS = 0.5
BATCH = 50
MAX_BACK_OFF = timedelta(minutes=10)

timers = Table(
    "timers",
    chassis_metadata,
    Column("kind", String(50), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    Column("payload", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
)


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose instant has come."""

    kind: str
    key: str
    due_at: datetime
    payload: dict[str, Any]


def set_timer(
    session: Session,
    kind: str,
    key: str,
    due_at: datetime,
    payload: dict[str, Any] | None = None,
    *,
    unless_set: bool = False,
) -> None:
    """Set or move the timer of this kind and key, in the present transaction; ``unless_set`` leaves one that is set."""
    row = insert(timers).values(kind=kind, key=key, due_at=due_at, payload=payload or {})
    if unless_set:
        session.execute(row.on_conflict_do_nothing())
        return
    moved = {"due_at": row.excluded.due_at, "payload": row.excluded.payload, "attempts": 0}
    session.execute(row.on_conflict_do_update(index_elements=["kind", "key"], set_=moved))


def set_timers(session: Session, kind: str, due: Mapping[str, tuple[datetime, dict[str, Any]]]) -> None:
    """Set or move many timers of a kind: by key, when each is due and what it carries."""
    if not due:
        return
    rows = [{"kind": kind, "key": key, "due_at": due[key][0], "payload": due[key][1]} for key in sorted(due)]
    row = insert(timers).values(rows)
    moved = {"due_at": row.excluded.due_at, "payload": row.excluded.payload, "attempts": 0}
    session.execute(row.on_conflict_do_update(index_elements=["kind", "key"], set_=moved))


def cancel_timers(session: Session, kind: str, keys: Collection[str]) -> None:
    """Drop those of these timers that are set."""
    if keys:
        session.execute(delete(timers).where(timers.c.kind == kind, timers.c.key.in_(keys)))


def cancel_timer(session: Session, kind: str, key: str) -> None:
    """Drop the timer if it is set."""
    session.execute(delete(timers).where(timers.c.kind == kind, timers.c.key == key))


class TimerRunner:
    """Fires due timers: the effect and the end of the timer are one transaction, so each fires once."""

    def __init__(
        self, kinds: dict[str, Callable[[Session, DueTimer], Any]], database: Database, context: dict[str, Any]
    ) -> None:
        self._kinds = kinds
        self._database = database
        self._context = context

    def run(self, stopping: threading.Event) -> None:
        """Fire timers until told to stop."""
        while not stopping.is_set():
            try:
                fired = self.fire_due()
            except Exception:
                log.exception("timers failed")
                fired = 0
            if fired < BATCH:
                stopping.wait(LONGEST_SLEEP_SECONDS)

    def fire_due(self) -> int:
        """Fire what is due, each in a transaction of its own. Returns how many were tried."""
        tried = 0
        while tried < BATCH and self._fire_one():
            tried += 1
        return tried

    def _fire_one(self) -> bool:
        due = select(timers).where(timers.c.due_at <= func.now(), timers.c.kind.in_(self._kinds))
        due = due.order_by(timers.c.due_at).limit(1).with_for_update(skip_locked=True)
        with self._database.transaction() as session:
            session.info.update(self._context, actor=None)
            row = session.execute(due).one_or_none()
            if row is None:
                return False
            timer = DueTimer(row.kind, row.key, row.due_at, row.payload)
            audit.begin(session, row.kind)
            try:
                with session.begin_nested():
                    cancel_timer(session, row.kind, row.key)
                    self._kinds[row.kind](session, timer)
            except Exception:
                log.exception("timer failed", kind=row.kind, key=row.key, attempts=row.attempts + 1)
                self._back_off(session, row)
        return True

    def _back_off(self, session: Session, row: Any) -> None:
        delay = min(timedelta(seconds=2 ** min(row.attempts + 1, 10)), MAX_BACK_OFF)
        this = (timers.c.kind == row.kind) & (timers.c.key == row.key)
        session.execute(update(timers).where(this).values(due_at=now() + delay, attempts=row.attempts + 1))

"""Gathering: the audit entries of a service are numbered without gaps and sent, in batches, to where they are chained.

Numbers are given after the commit, by one process at a time, so that a transaction that was rolled back leaves no
hole: a number that is missing where the entries arrive is an entry that is missing. What was lost on the way is asked
for (``EntriesMissed``) and sent again for as long as the service keeps it.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.audit import audit, audit_numbers
from chassis.clock import now
from chassis.database import Database, dicts
from chassis.events import Event, encode
from chassis.outbox import record

log = structlog.get_logger()

EVERY_SERVICE = "*"
IDLE_SECONDS = 0.5
MOST_AT_A_TIME = 500
BATCH_BYTES = 48 * 1024
"""Events may have 64 KiB."""
MOST_SENT_AGAIN = 5_000

SENT = tuple(column for column in audit.c if column.name not in ("position", "gathered_at"))


@dataclass(frozen=True, kw_only=True)
class EntriesGathered(Event):
    """Audit entries of one service, numbered from ``first`` on."""

    service: ClassVar[str] = EVERY_SERVICE
    aggregate: ClassVar[str] = "audit"

    source: str
    first: int
    entries: list[dict[str, Any]]

    @property
    def sender(self) -> str:
        """Each service publishes its own."""
        return self.source


@dataclass(frozen=True, kw_only=True)
class EntriesMissed(Event):
    """Entries of the service ``source`` have not arrived: those from the number ``first`` on are wanted again."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "audit"

    source: str
    first: int


class Gatherer:
    """Numbers the entries of one service and hands them to the outbox."""

    def __init__(self, service: str, database: Database) -> None:
        self._service = service
        self._database = database

    def run(self, stopping: threading.Event) -> None:
        """Gather until told to stop."""
        while not stopping.is_set():
            try:
                gathered = self.gather()
            except Exception as error:
                log.warning("audit entries not gathered yet", error=repr(error))
                gathered = 0
            if gathered < MOST_AT_A_TIME:
                stopping.wait(IDLE_SECONDS)

    def gather(self) -> int:
        """Number the entries that wait and record them as events, in one transaction. Returns how many."""
        with self._database.transaction() as session:
            last = session.scalar(select(audit_numbers.c.last).with_for_update(skip_locked=True))
            if last is None:
                return 0  # another process is at it
            waiting = select(audit.c.position).where(audit.c.number.is_(None)).order_by(audit.c.position)
            positions = list(session.scalars(waiting.limit(MOST_AT_A_TIME)))
            if positions:
                _number(session, positions, last)
                session.execute(update(audit_numbers).values(last=last + len(positions)))
                _send(session, self._service, last + 1, last + len(positions))
            return len(positions)


def gather_again(session: Session, event: EntriesMissed) -> None:
    """Send entries once more that have not arrived, if they are this service's and still here."""
    if event.source == session.info.get("service"):
        _send(session, event.source, event.first, event.first + MOST_SENT_AGAIN)


def _number(session: Session, positions: list[int], last: int) -> None:
    place = func.row_number().over(order_by=audit.c.position)
    chosen = select(audit.c.position, (last + place).label("number")).where(audit.c.position.in_(positions)).subquery()
    numbered = update(audit).where(audit.c.position == chosen.c.position)
    session.execute(numbered.values(number=chosen.c.number, gathered_at=now()))


def _send(session: Session, service: str, first: int, last: int) -> None:
    rows = select(*SENT).where(audit.c.number.between(first, last)).order_by(audit.c.number)
    record(session, *(_event(service, batch) for batch in _batches(dicts(session.execute(rows)))))


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The entries in order, cut so that each batch fits into an event."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        entry, length = _fitting(row)
        if batch and size + length > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


def _fitting(row: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """An entry as JSON types with its size; one that is too large keeps the names of its columns only."""
    body = encode(row)
    if len(body) > BATCH_BYTES:
        body = encode({**row, "changes": [_without_values(change) for change in row["changes"]]})
    return orjson.loads(body), len(body)


def _without_values(change: dict[str, Any]) -> dict[str, Any]:
    names = [*(change["before"] or {}), *(change["after"] or {}), *change["untold"]]
    told: dict[str, Any] = {part: None if change[part] is None else {} for part in ("before", "after")}
    return {**change, **told, "untold": list(dict.fromkeys(names))}


def _event(service: str, batch: list[dict[str, Any]]) -> EntriesGathered:
    last = batch[-1]["number"]
    return EntriesGathered(
        aggregate_id=audit_id(service), version=last, source=service, first=batch[0]["number"], entries=batch
    )


def audit_id(service: str) -> UUID:
    """The aggregate that the entries of one service belong to."""
    return uuid5(NAMESPACE_URL, f"urn:rockpool:audit:{service}")

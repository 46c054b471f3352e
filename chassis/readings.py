"""Who saw which records: reads that show personal data are noted in memory and written down twice a second.

Reading costs one entry per caller and operation in each half second, whatever the number of requests, so that being
watched is affordable. A process that is killed loses at most that half second; one that cannot write down what it
has noted stops answering such reads, rather than answer them unseen.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from marshmallow import Schema

from chassis import audit, tracing
from chassis.clock import now
from chassis.database import Database
from chassis.field_policy.schemas import nested_in, resource_of
from chassis.identity.policy import Access, FieldRules, Resource
from chassis.ids import new_id

log = structlog.get_logger()

FLUSH_SECONDS = 0.5
MOST_WAITING = 2_000
"""Entries in memory; whoever would add another writes them down first."""
PERSONAL_FIELDS = frozenset({"email", "phone", "mobile", "address", "id_number", "birthday"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the requests of one half second that are one entry have in common."""

    action: str
    kind: str = audit.READ
    outcome: str = audit.DONE
    actor: UUID | None
    session_id: UUID | None
    remote_addr: str | None
    permission: str | None
    resource: str | None
    problem: str | None = None


@dataclass(slots=True)
class Seen:
    """How often, since when, and which records."""

    reading: Reading
    at: datetime = field(default_factory=now)
    trace_id: str | None = field(default_factory=tracing.trace_id)
    times: int = 0
    shown: int = 0
    """Records in all answers together, each as often as it was shown."""
    records: dict[Any, None] = field(default_factory=dict)


class Readings:
    """What has been read and is not yet written down, in one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seen: dict[Hashable, Seen] = {}
        self._day = now().date()
        self._used: set[Hashable] = set()

    def add(self, key: Hashable, reading: Callable[[], Reading], records: Iterable[Any]) -> None:
        """Note a request and the ids of the records in its answer; raises SQLAlchemyError if there is no room left.

        Requests with the same ``key`` are one entry, whose ``reading`` is only made for the first of them.
        """
        if len(self._seen) >= MOST_WAITING:
            self.flush()
        with self._lock:
            seen = self._seen.get(key)
            if seen is None:
                seen = self._seen[key] = Seen(reading())
            ids = dict.fromkeys(records)
            seen.times += 1
            seen.shown += len(ids)
            if len(seen.records) < audit.MAX_RECORDS:
                seen.records.update(ids)

    def use(self, key: Hashable, reading: Callable[[], Reading]) -> None:
        """Note that a permission was made use of: the first use of the day with this ``key`` in this process."""
        today = now().date()
        if today != self._day:
            self._day, self._used = today, set()
        if key not in self._used:
            self.add(("use", key), reading, ())
            self._used.add(key)

    def flush(self) -> int:
        """Write down what was noted; it stays noted if that fails. Returns how many entries."""
        with self._lock:
            taken, self._seen = self._seen, {}
        if not taken:
            return 0
        try:
            with self._database.transaction() as session:
                audit.write(session, [_row(seen) for seen in taken.values()])
        except BaseException:
            with self._lock:
                self._seen = taken | self._seen
            raise
        return len(taken)


def _row(seen: Seen) -> dict[str, Any]:
    reading, records = seen.reading, [str(one) for one in seen.records]
    details: dict[str, Any] = {"times": seen.times, "count": seen.shown, "records": records[: audit.MAX_RECORDS]}
    if reading.kind == audit.USE:
        details = {}
    elif reading.problem:
        details = {"times": seen.times, "problem": reading.problem}
    return {
        "id": new_id(),
        "at": seen.at,
        "kind": reading.kind,
        "action": reading.action,
        "outcome": reading.outcome,
        "actor": reading.actor,
        "session_id": reading.session_id,
        "remote_addr": reading.remote_addr,
        "trace_id": seen.trace_id,
        "permission": reading.permission,
        "resource": reading.resource,
        "record_id": UUID(records[0]) if len(records) == 1 else None,
        "changes": [],
        "details": details,
    }


def shows_personal_data(gives: Any, rules: FieldRules) -> bool:
    """Whether an answer of this schema may hold personal data that is not masked under these rules."""
    if not (isinstance(gives, type) and issubclass(gives, Schema)):
        return False
    resource = resource_of(gives)
    for name, one in gives._declared_fields.items():
        if one.metadata.get("personal", name in PERSONAL_FIELDS) and _is_readable(resource, name, rules):
            return True
    return any(shows_personal_data(inner, rules) for inner, _ in nested_in(gives).values())


def _is_readable(resource: Resource | None, name: str, rules: FieldRules) -> bool:
    if resource is None or name not in resource.fields:
        return True
    return any(rules.access(resource, name, own=own) >= Access.READ for own in (True, False))


def records_in(result: Any) -> list[Any]:
    """The ids of the records in an answer: one, or those of a page."""
    if not isinstance(result, Mapping):
        return []
    items = result.get("items")
    rows = items if isinstance(items, list) else [result]
    return [row["id"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), UUID | str)]

"""The audit trail of a service: who did what, when, from where, to which record, before and after.

Each transaction leaves its entries by itself: the operation, job, timer or handler that it belongs to begins a trail,
the flushes of the session add what they change (``chassis.changes``), and the commit writes it. ``note`` adds what no
flush sees. Entries hold no personal data: of such a column they only tell that it changed. ``work`` numbers the
entries and sends them to where they are chained (``chassis.gathering``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, String, Table, Uuid, delete, event, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from chassis import changes, tracing
from chassis.changes import Change
from chassis.clock import now
from chassis.database import WritingSession, affected, chassis_metadata
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.requests import Request

CHANGE, READ, EXPORT, LOGIN, REFUSAL, USE = "change", "read", "export", "login", "refusal", "use"
"""``kind`` of an entry. A refusal is what was asked for without the right to it; a use is the first of the day that
somebody makes of a permission to read what is no personal data, so that it is known which rights are used."""

DONE, REFUSED = "done", "refused"

KEPT_FOR = timedelta(days=7)
"""After an entry was gathered; what counts from then on is the chain."""
CHANGES_PER_ENTRY = 20
MAX_ADDRESS = 45
MAX_RECORDS = 1_000
"""Ids of seen or exported records in one entry."""

audit = Table(
    "audit",
    chassis_metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("action", String(100), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("actor", Uuid),
    Column("session_id", Uuid),
    Column("remote_addr", String(MAX_ADDRESS)),
    Column("trace_id", String(32)),
    Column("permission", String(100)),
    Column("resource", String(100)),
    Column("record_id", Uuid),
    Column("changes", JSONB, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("number", BigInteger),
    Column("gathered_at", DateTime(timezone=True)),
    Index("ix_audit_waiting", "position", postgresql_where="number IS NULL"),
    Index("ix_audit_gathered_at", "gathered_at"),
)
"""``number`` counts the gathered entries of the service without gaps; it is null until then."""

audit_numbers = Table(
    "audit_numbers",
    chassis_metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("last", BigInteger, nullable=False, server_default="0"),
)
"""The number of the entry that was gathered last, also when the entry itself is long deleted."""


@dataclass(kw_only=True)
class Trail:
    """What the present transaction will have done, until the commit writes it down."""

    action: str
    kind: str = CHANGE
    outcome: str = DONE
    actor: UUID | None = None
    session_id: UUID | None = None
    remote_addr: str | None = None
    permission: str | None = None
    resource: str | None = None
    record_id: UUID | None = None
    expected: bool = False
    """Whether there is an entry even if no flush has changed anything."""
    details: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the audit table, each with a limited number of changes."""
        if self.changes or self.expected:
            yield self._row(self.changes[:CHANGES_PER_ENTRY])
        for start in range(CHANGES_PER_ENTRY, len(self.changes), CHANGES_PER_ENTRY):
            yield self._row(self.changes[start : start + CHANGES_PER_ENTRY])
        for noted in self.notes:
            yield self._row([]) | noted

    def _row(self, part: list[Change]) -> dict[str, Any]:
        resource = self.resource or (part[0].resource if part else None)
        record_id = self.record_id or next((one.record_id for one in part if one.resource == resource), None)
        return {
            "id": new_id(),
            "at": now(),
            "kind": self.kind,
            "action": self.action,
            "outcome": self.outcome,
            "actor": self.actor,
            "session_id": self.session_id,
            "remote_addr": self.remote_addr,
            "trace_id": tracing.trace_id(),
            "permission": self.permission,
            "resource": resource,
            "record_id": record_id,
            "changes": [change.as_dict() for change in part],
            "details": self.details,
        }


def begin(session: Session, action: str, *, caller: Caller | None = None, **fields: Any) -> Trail:
    """Begin the trail of the present transaction: ``action`` is the name of what runs in it."""
    request: Request | None = session.info.get("request")
    who: dict[str, Any] = {"actor": session.info.get("actor")}
    if caller:
        who = {"actor": caller.user_id, "session_id": caller.session_id}
    trail = Trail(action=action, remote_addr=address_of(request), **who | fields)
    session.info["trail"] = trail
    return trail


def trail_of(session: Session) -> Trail:
    """The trail of the present transaction; one without a name if nothing has begun it."""
    return session.info.get("trail") or begin(session, "direct")


def note(
    session: Session,
    action: str,
    *,
    resource: str | None = None,
    record_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    kind: str = CHANGE,
    records: Iterable[UUID] = (),
    **details: Any,
) -> None:
    """Add an entry to the present transaction for what no flush sees: a bulk statement, an export, an end of something.

    ``before``, ``after`` and ``details`` are JSON types and hold no personal data. An export has ``kind=EXPORT``, the
    ``resource``, the ids of its ``records`` as far as they are few (at most 1,000 are kept), and ``count=`` of all.
    """
    change = Change(resource or "", record_id, _dict(before), _dict(after), ())
    if ids := [str(one) for one in records]:
        details = {"count": len(ids), **details, "records": ids[:MAX_RECORDS]}
    trail_of(session).notes.append(
        {
            "action": action,
            "kind": kind,
            "resource": resource,
            "record_id": record_id,
            "changes": [change.as_dict()] if before or after else [],
            "details": details,
        }
    )


def tell(session: Session, kind: str | None = None, **details: Any) -> None:
    """Add details, JSON types without personal data, to the entry that the present command leaves anyway."""
    trail = trail_of(session)
    trail.kind = kind or trail.kind
    trail.details.update(details)


def act_as(session: Session, user_id: UUID, session_id: UUID | None = None) -> None:
    """Say who acts in an operation that has no caller, such as a log-in."""
    trail = trail_of(session)
    trail.actor, trail.session_id = user_id, session_id


def refused(session: Session, action: str, *, caller: Caller | None, status: int, slug: str, **fields: Any) -> None:
    """Note, in a transaction of its own, that something was asked for without the right to it."""
    begin(session, action, caller=caller, kind=REFUSAL, outcome=REFUSED, expected=True, **fields)
    tell(session, status=status, problem=slug)


def address_of(request: Request | None) -> str | None:
    """Where a request came from, as it is written down."""
    return (request.remote_addr or "")[:MAX_ADDRESS] or None if request else None


def forget_old(session: Session) -> int:
    """Delete what was gathered more than a week ago. Returns how many rows."""
    return affected(session, delete(audit).where(audit.c.gathered_at < now() - KEPT_FOR))


def write(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write finished rows."""
    session.execute(insert(audit), rows)


@event.listens_for(WritingSession, "after_flush")
def _capture(session: Session, _: Any) -> None:
    changed = changes.of_flush(session, session.info.get("audited", {}))
    if changed:
        trail_of(session).changes += changed


@event.listens_for(WritingSession, "before_commit")
def _write_down(session: Session) -> None:
    """What is left to be flushed belongs into the trail, too; a savepoint only ends a part of the transaction."""
    if session.in_nested_transaction():
        return
    session.flush()
    trail: Trail | None = session.info.pop("trail", None)
    if trail and (rows := list(trail.rows())):
        write(session, rows)


@event.listens_for(WritingSession, "after_transaction_create")
def _remember_savepoint(session: Session, transaction: Any) -> None:
    if transaction.nested and (trail := session.info.get("trail")):
        session.info.setdefault("savepoints", {})[transaction] = (len(trail.changes), len(trail.notes))


@event.listens_for(WritingSession, "after_soft_rollback")
def _forget_savepoint(session: Session, transaction: Any) -> None:
    """What a savepoint takes back has not happened."""
    trail: Trail | None = session.info.get("trail")
    if trail and transaction.nested:
        changed, noted = session.info.get("savepoints", {}).pop(transaction, (0, 0))
        del trail.changes[changed:], trail.notes[noted:]


def _dict(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(values)

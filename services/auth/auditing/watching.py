"""Watching: who reads, exports or deletes far more than he usually does, and which rights are used at all.

Counted is by person and day, when entries are chained. Usual is the median of a person's own days of the last month on
which he did the like; below a floor nothing is unusual.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.context import settings_of
from chassis.database import dicts
from chassis.ids import new_id
from services.auth.auditing import telling
from services.auth.auditing.tables import alerts, audit_days, permission_uses

READS, EXPORTS, DELETIONS = "unusual_reads", "unusual_exports", "bulk_deletion"
MISSING, UNSOUND = "entries_missing", "trail_unsound"
LOG_IN = "log_in"
"""Stands among the permissions for when somebody last logged in."""
KINDS = (READS, EXPORTS, DELETIONS, MISSING, UNSOUND)

FLOORS = {READS: 2_000, EXPORTS: 500, DELETIONS: 20}
"""Records in a day that are never unusual."""
USUAL_DAYS = timedelta(days=30)

Day = tuple[UUID, date, str]


def watch(session: Session, entries: Iterable[dict[str, Any]]) -> None:
    """Count what is in new entries, and raise alerts for what is unusual by now."""
    counted: Counter[Day] = Counter()
    used: dict[tuple[UUID, str], datetime] = {}
    for entry in entries:
        if entry["actor"] is None or entry["outcome"] != audit.DONE:
            continue
        actor, at = UUID(entry["actor"]), datetime.fromisoformat(entry["at"])
        what, count = _weight(entry)
        if count:
            counted[actor, at.date(), what] += count
        if name := _used(entry):
            used[actor, name] = max(at, used.get((actor, name), at))
    if used:
        _note_uses(session, used)
    for row in _add(session, counted) if counted else ():
        if row.count > FLOORS[row.what]:
            _judge(session, row)


def raise_alert(session: Session, kind: str, details: dict[str, Any]) -> None:
    """Raise an alert that is about no person, unless the same one is open."""
    same = alerts.c.details.contains({name: details[name] for name in list(details)[:2]})
    if session.scalar(select(alerts.c.id).where(alerts.c.kind == kind, alerts.c.acknowledged_at.is_(None), same)):
        return
    row = {"id": new_id(), "kind": kind, "details": details, "version": 1, "raised_at": now()}
    session.execute(insert(alerts).values(row))
    telling.tell_soon(session)


def _used(entry: dict[str, Any]) -> str | None:
    """What an entry shows that somebody made use of."""
    if entry["kind"] == audit.LOGIN:
        return LOG_IN
    permission: str | None = entry["permission"]
    return permission if permission and ":" in permission else None


def _weight(entry: dict[str, Any]) -> tuple[str, int]:
    """What an entry counts as, and how many records."""
    details = entry["details"]
    if entry["kind"] == audit.READ:
        return READS, int(details.get("count") or 1)
    if entry["kind"] == audit.EXPORT:
        return EXPORTS, int(details.get("count") or 1)
    gone = sum(change["after"] is None and change["before"] is not None for change in entry["changes"])
    return DELETIONS, gone + int(details.get("deleted") or 0)


def _note_uses(session: Session, used: dict[tuple[UUID, str], datetime]) -> None:
    rows = [{"user_id": user, "permission": name, "last_used_at": at} for (user, name), at in sorted(used.items())]
    row = upsert(permission_uses).values(rows)
    later = func.greatest(permission_uses.c.last_used_at, row.excluded.last_used_at)
    session.execute(row.on_conflict_do_update(index_elements=["user_id", "permission"], set_={"last_used_at": later}))


def _add(session: Session, counted: Counter[Day]) -> list[Any]:
    rows = [
        {"user_id": user, "day": day, "what": what, "count": count}
        for (user, day, what), count in sorted(counted.items())
    ]
    row = upsert(audit_days).values(rows)
    added = row.on_conflict_do_update(
        index_elements=["user_id", "day", "what"], set_={"count": audit_days.c.count + row.excluded.count}
    )
    return list(session.execute(added.returning(audit_days)))


def _judge(session: Session, row: Any) -> None:
    days = audit_days.c
    same = (days.user_id == row.user_id) & (days.what == row.what)
    month = days.day.between(row.day - USUAL_DAYS, row.day - timedelta(days=1))
    usual = float(session.scalar(select(func.percentile_cont(0.5).within_group(days.count)).where(same, month)) or 0)
    limit = max(FLOORS[row.what], settings_of(session).audit_alert_factor * usual)
    if row.count > limit:
        _raise_about(session, row, {"count": row.count, "usual": usual, "limit": limit})


def _raise_about(session: Session, row: Any, details: dict[str, Any]) -> None:
    """One alert for a person, day and kind; while it is open it tells the newest count."""
    fresh = {"id": new_id(), "kind": row.what, "user_id": row.user_id, "day": row.day, "details": details}
    raised = upsert(alerts).values(fresh | {"version": 1, "raised_at": now()})
    kept = raised.on_conflict_do_update(
        index_elements=["kind", "user_id", "day"],
        index_where=alerts.c.user_id.is_not(None),
        set_={"details": raised.excluded.details, "version": alerts.c.version + 1},
        where=alerts.c.acknowledged_at.is_(None),
    )
    if session.scalar(kept.returning(alerts.c.version)) == 1:
        telling.tell_soon(session)


def acknowledged(session: Session, alert_id: UUID, by: UUID, remark: str | None) -> dict[str, Any] | None:
    """Close an open alert; as it is then, or None if there is none to close."""
    closed = update(alerts).where(alerts.c.id == alert_id, alerts.c.acknowledged_at.is_(None))
    closed = closed.values(
        acknowledged_at=now(), acknowledged_by=by, remark=remark, version=alerts.c.version + 1
    ).returning(alerts)
    found = dicts(session.execute(closed))
    return found[0] if found else None

"""Searching and exporting the audit trail, and looking at alerts."""

import tempfile
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from chassis import audit, exports, jobs
from chassis.context import blobs_of
from chassis.errors import Conflict, NotFound
from chassis.identity.caller import Caller
from chassis.identity.policy import FieldRules
from chassis.paging import paged
from contracts.resources import RESOURCES
from services.auth.auditing import verifying
from services.auth.auditing.tables import alerts, audit_chain
from services.auth.auditing.watching import acknowledged
from services.auth.housekeeping import drop_result_later

CHAIN = audit_chain.c
EXPORT = "audit:export"
AT_A_TIME = 2_000


class AlreadyAcknowledged(Conflict):
    """Somebody has looked at it."""

    slug, title = "already-acknowledged", "Somebody has acknowledged this alert"


def find_entries(session: Session, caller: Caller, *, limit: int, cursor: str | None, **wanted: Any) -> dict[str, Any]:
    """Search the audit trail, newest first: who did what, when, from where, to which record.

    That you searched it is noted, too.
    """
    entries = select(CHAIN.sequence, CHAIN.body).where(*conditions(**wanted))
    page = paged(
        session, entries, order=CHAIN.sequence, key=CHAIN.sequence, descending=True, limit=limit, cursor=cursor
    )
    page["items"] = [_shown(row, caller.field_rules) for row in page["items"]]
    return page


def _shown(row: dict[str, Any], rules: FieldRules) -> dict[str, Any]:
    """An entry, of whose values those are told that the rules for fields let the caller read."""
    entry: dict[str, Any] = orjson.loads(row["body"]) | {"sequence": row["sequence"]}
    for change in entry["changes"]:
        resource = RESOURCES.get(change["resource"])
        names = {*(change["before"] or ()), *(change["after"] or ())}
        for name in sorted(names) if resource else ():
            if resource and name in resource.fields and not rules.reads(resource, name):
                for part in ("before", "after"):
                    (change[part] or {}).pop(name, None)
                change["untold"].append(name)
    return entry


def conditions(
    *,
    person: UUID | None = None,
    record: UUID | None = None,
    address: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **equal: str,
) -> list[ColumnElement[bool]]:
    """What entries must be like; ``equal`` are columns of the same name."""
    wanted: list[ColumnElement[bool] | None] = [
        CHAIN.actor == person if person else None,
        CHAIN.records.contains([record]) if record else None,
        CHAIN.remote_addr == address if address else None,
        CHAIN.at >= since if since else None,
        CHAIN.at < until if until else None,
        *(CHAIN[name] == value for name, value in equal.items()),
    ]
    return [one for one in wanted if one is not None]


def export_entries(session: Session, caller: Caller, **wanted: Any) -> dict[str, Any]:
    """Export the audit trail in the background.

    The file has one entry in each line, whole, as JSON, oldest first, with what ties it into the chain: `previous`, and
    `hash` as SHA-256 of `previous`, the sequence (8 bytes, big-endian) and `body`.
    """
    job_id = jobs.enqueue(session, caller, "run_audit_export", {"wanted": wanted}, needs=EXPORT)
    exports.begin(session, job_id, caller.user_id, "audit", (), {"wanted": wanted})
    return {"job_id": job_id}


def run_export(run: jobs.JobRun) -> dict[str, Any]:
    """Write the entries into a file, some at a time."""
    wanted = conditions(**_restored(run.input["wanted"]))
    with exports.on_record(run), tempfile.TemporaryFile() as file:
        count = last = 0
        while True:
            with run.chunk() as session:
                run.admitted(EXPORT)
                rows = session.execute(_following(wanted, last)).all()
                file.writelines(_line(row) for row in rows)
                count, last = count + len(rows), rows[-1].sequence if rows else last
                exports.count(session, run.id, count)
                run.save(session, done=count)
            if len(rows) < AT_A_TIME:
                break
        file.seek(0)
        return _stored(run, file, count)


def verify_entries(session: Session, caller: Caller) -> dict[str, Any]:
    """Verify the whole audit trail in the background.

    The result of the job tells how many entries are `sound`, and the `first_bad` one: which, and what is wrong with it.
    """
    return {"job_id": jobs.enqueue(session, caller, "run_verification", {})}


def run_verification(run: jobs.JobRun) -> dict[str, Any]:
    """Walk along the chain."""
    with run.chunk() as session:
        run.caller.require("audit:read")
        verdict = verifying.verify_beside(session)
        run.save(session, done=verdict.entries, total=verdict.entries)
        audit.tell(session, sound=verdict.sound, entries=verdict.entries)
    return verdict.as_dict()


def find_alerts(
    session: Session, caller: Caller, *, open: bool | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what somebody should look at: unusual reads and exports, deletions of many, holes in the audit trail."""
    wanted = select(alerts)
    if open is not None:
        wanted = wanted.where(alerts.c.acknowledged_at.is_(None) if open else alerts.c.acknowledged_at.is_not(None))
    return paged(
        session, wanted, order=alerts.c.raised_at, key=alerts.c.id, descending=True, limit=limit, cursor=cursor
    )


def acknowledge_alert(session: Session, caller: Caller, alert_id: UUID, remark: str | None) -> dict[str, Any]:
    """Say that you have looked at an alert, and what came of it."""
    if closed := acknowledged(session, alert_id, caller.user_id, remark):
        return closed
    if session.scalar(select(alerts.c.id).where(alerts.c.id == alert_id)) is None:
        raise NotFound
    raise AlreadyAcknowledged


def _following(wanted: list[ColumnElement[bool]], last: int) -> Select[Any]:
    columns = (CHAIN.sequence, CHAIN.body, CHAIN.previous, CHAIN.hash)
    return select(*columns).where(*wanted, CHAIN.sequence > last).order_by(CHAIN.sequence).limit(AT_A_TIME)


def _line(row: Any) -> bytes:
    told = {
        "sequence": row.sequence,
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
        "body": row.body,
    }
    return orjson.dumps(told) + b"\n"


def _stored(run: jobs.JobRun, file: Any, count: int) -> dict[str, Any]:
    key = f"results/{run.started_by}/{run.id}.jsonl"
    with run.chunk() as session:
        run.admitted(EXPORT)
        blobs_of(session).put(key, file)
        drop_result_later(session, run.id, key)
        exports.finish(session, run.id, exports.DONE)
    return {"file": key, "name": "audit.jsonl", "media_type": "application/jsonl", "entries": count}


def _restored(wanted: dict[str, Any]) -> dict[str, Any]:
    """The filter as it was before the job was stored."""
    kinds: dict[str, Any] = {
        "person": UUID,
        "record": UUID,
        "since": datetime.fromisoformat,
        "until": datetime.fromisoformat,
    }
    return {name: kinds.get(name, str)(value) for name, value in wanted.items()}

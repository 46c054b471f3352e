"""What the chassis keeps that may tell of a person: events, shares, answers, jobs with their files, dead letters."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.context import blobs_of
from chassis.database import affected
from chassis.dead_letters import dead_letters
from chassis.encryption.columns import vault_of
from chassis.events import encode
from chassis.idempotency import idempotency_keys, opened_body
from chassis.merging.tables import merge_images, place_of
from chassis.outbox import outbox
from chassis.sharing.table import shares
from chassis.subjects.rows import ADDRESS
from chassis.subjects.subject import RECORD, Subject

BATCH = 500
FINISHED = ("done", "failed", "cancelled")
FILES = ("file", "failed_file")
"""The keys under which jobs say where their files are."""


def line(what: str, rows: int, done: str, why: str | None = None) -> dict[str, Any]:
    """A line of a receipt."""
    return {"what": str(what), "rows": rows, "done": done, "why": why}


def events(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """Recorded events about the person's records; their present state is told anew by the service."""
    about = outbox.c.aggregate_id.in_(_records(subject))
    yield line("outbox", _count(session, outbox, about), "deleted")
    if real:
        session.execute(delete(outbox).where(about))


def end_shares(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """What was shared of the person is shared no more."""
    ids = [UUID(one) for kind, known in subject.ids.items() if kind != ADDRESS for one in known]
    standing = shares.c.record_id.in_(ids) & shares.c.ended_at.is_(None)
    yield line("shares", _count(session, shares, standing), "ended")
    if real:
        session.execute(update(shares).where(standing).values(ended_at=func.now()))


def forget_answers(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """Answers that are kept for requests that come twice."""
    table, last, count = idempotency_keys, None, 0
    place = tuple_(table.c.user_id, table.c.key)
    query = select(table.c.user_id, table.c.key, table.c.body).order_by(table.c.user_id, table.c.key).limit(BATCH)
    while rows := session.execute(query if last is None else query.where(place > last)).all():
        last = tuple_(rows[-1].user_id, rows[-1].key)
        named = [row for row in rows if subject.is_in(opened_body(session, row))]
        count += len(named)
        for row in named if real else ():
            session.execute(delete(table).where(table.c.user_id == row.user_id, table.c.key == row.key))
    yield line("idempotency_keys", count, "deleted")


def forget_jobs(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """Finished jobs that name the person, and files of finished jobs in which he stands."""
    vault, named, files = vault_of(session), 0, 0
    table = jobs.jobs
    for row in session.execute(select(table).where(table.c.state.in_(FINISHED))).mappings():
        opened = {name: jobs.opened(vault, row, name) for name in ("input", "checkpoint", "result")}
        keys = {key for one in opened.values() if isinstance(one, dict) for key in map(one.get, FILES) if key}
        found = {key for key in keys if _stands_in(session, key, subject)}
        files += len(found)
        if not found and not subject.is_in(encode(opened)):
            continue
        named += 1
        if real:
            jobs.forget(session, row["id"])
            for key in found:
                blobs_of(session).delete(key)
    yield line("jobs", named, "anonymised")
    yield line("files", files, "deleted")


def drop_letters(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """Messages that could not be handled and are about the person."""
    rows = session.execute(select(dead_letters.c.id, dead_letters.c.body)).all()
    found = [row.id for row in rows if subject.is_in(bytes(row.body))]
    yield line("dead_letters", len(found), "deleted")
    if real and found:
        affected(session, delete(dead_letters).where(dead_letters.c.id.in_(found)))


def drop_images(session: Session, subject: Subject, real: bool) -> Iterable[dict[str, Any]]:
    """Rows as they were before a merge, which therefore cannot be undone any more as far as they go."""
    table = merge_images
    his = func.coalesce(table.c.record_ids.overlap(_known_ids(subject.ids)), False)
    near = table.c.record_ids.overlap(_known_ids(subject.around))
    rows = session.execute(select(table, his.label("his")).where(his | near)).mappings()
    found = [row["id"] for row in rows if row["his"] or subject.is_in(_opened_image(session, row))]
    yield line("merge_images", len(found), "deleted")
    if real and found:
        affected(session, delete(table).where(table.c.id.in_(found)))


STEPS = (end_shares, forget_answers, forget_jobs, drop_letters, drop_images)


def _records(subject: Subject) -> list[UUID]:
    known = [*subject.ids.items(), *subject.around.items()]
    return [UUID(one) for kind, ids in known if kind not in (ADDRESS, RECORD) for one in ids]


def _opened_image(session: Session, row: Any) -> bytes:
    return encode(vault_of(session).open_json(row["image"], place_of(row["id"])))


def _known_ids(known: Mapping[str, list[str]]) -> Any:
    return literal([UUID(one) for kind, ids in known.items() if kind != ADDRESS for one in ids], ARRAY(Uuid))


def _count(session: Session, table: Any, condition: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _stands_in(session: Session, key: str, subject: Subject) -> bool:
    try:
        with blobs_of(session).open(key) as file:
            return subject.is_in(file.read())
    except FileNotFoundError:
        return False

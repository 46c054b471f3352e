"""The job that erases a person from a service, or that tells in a rehearsal what it would do.

It goes on where it was killed, and a second time changes nothing more. What it has done stands in the receipt.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.context import service_of
from chassis.database import affected, dicts
from chassis.encryption.columns import vault_of
from chassis.jobs import JobRun
from chassis.privacy import Erasure, Kind, PersonalField
from chassis.subjects import receipts, remains, stopping
from chassis.subjects.events import REHEARSAL
from chassis.subjects.rows import BATCH, Registered, registered
from chassis.subjects.subject import ERASED, Subject

Line = dict[str, Any]
Step = Callable[[Session, Subject, bool], Iterable[Line]]

STAYS = "The record itself stays, without what tells of the person."
NAME_STAYS = "The name of a company, or of somebody else, is not the person's own."


def erase_person(run: JobRun) -> dict[str, Any]:
    """Work through all tables, then through what the chassis keeps; each step is committed with its receipt lines."""
    if not run.input:
        return {}
    order_id = UUID(run.input["order_id"])
    with stopping.on_record(run, order_id):
        return _erase(run, order_id, Subject.read(run.input["subject"]), real=run.input["kind"] != REHEARSAL)


def _erase(run: JobRun, order_id: UUID, subject: Subject, *, real: bool) -> dict[str, Any]:
    with run.chunk() as session:
        steps: list[Step] = [*(_of_table(one) for one in registered(session)), _of_service, *remains.STEPS]
    progress = run.checkpoint or {"step": 0, "lines": [], "records": []}
    while (step := progress["step"]) < len(steps):
        with run.chunk() as session:
            known = progress["records"] if step else _records(session, subject)
            lines = list(steps[step](session, subject.with_records(known), real))
            given = [*progress["lines"], *(one for one in lines if one["rows"])]
            progress = {"step": step + 1, "lines": given, "records": known}
            run.save(session, done=progress["step"], total=len(steps), checkpoint=progress)
    with run.chunk() as session:
        receipts.write(session, order_id, progress["lines"])
        details = {"rows": sum(one["rows"] for one in progress["lines"]), "rehearsal": not real}
        audit.note(session, "erase_person", resource="privacy_requests", record_id=order_id, **details)
        run.save(session, done=len(steps), total=len(steps))
        # The order names the person, too.
        jobs.forget_input(session, run.id)
    return details


def _records(session: Session, subject: Subject) -> list[str]:
    """The ids of all records that are about the person, by which answers and files are known for being about him."""
    tables = [one for one in registered(session) if "id" in one.table.c]
    return [str(one) for each in tables for one in session.scalars(select(each.table.c.id).where(each.of(subject.ids)))]


def _of_table(one: Registered) -> Step:
    # The tables are read once for each step, in its own transaction, because they hold the vault of a process.
    name = one.table.name

    def step(session: Session, subject: Subject, real: bool) -> Iterable[Line]:
        table = next(other for other in registered(session) if other.table.name == name)
        yield from _own_rows(session, table, subject, real)
        yield from _mentions(session, table, subject, real)

    return step


def _of_service(session: Session, subject: Subject, real: bool) -> Iterable[Line]:
    """What is known only to the service, after its old events about the person are gone."""
    yield from remains.events(session, subject, real)
    forgotten = service_of(session).personal.forgotten
    if real and forgotten:
        forgotten(session, subject)


def _own_rows(session: Session, one: Registered, subject: Subject, real: bool) -> Iterable[Line]:
    mine = one.of(subject.ids)
    count = session.scalar(select(func.count()).select_from(one.table).where(mine)) or 0
    if any(field.erased is Erasure.WITH_ROW for field in one.fields):
        if real and count:
            affected(session, delete(one.table).where(mine))
        yield remains.line(one.table.name, count, "deleted")
        return
    if real and count:
        empty(session, one, mine)
    yield remains.line(one.table.name, count, "anonymised", STAYS)
    for field in one.fields:
        if field.erased is Erasure.KEEP:
            yield remains.line(field.column, count, "kept", field.why)


def empty(session: Session, one: Registered, mine: Any) -> None:
    """Take what tells of people out of the rows that meet the condition; they stay."""
    names = dict.fromkeys(("id", *(field.bound_to for field in one.sealed)))
    query = select(*(one.table.c[name] for name in names)).where(mine)
    rows = dicts(session.execute(query))
    changed = [field for field in one.fields if field.erased is not Erasure.KEEP]
    for start in range(0, len(rows), BATCH):
        for row in rows[start : start + BATCH]:
            values = {field.name: _erased(session, one, field, row) for field in changed}
            session.execute(update(one.table).where(one.table.c.id == row["id"]).values(values))


def _erased(session: Session, one: Registered, field: PersonalField, row: dict[str, Any]) -> Any:
    """What stands in the column from now on."""
    kind = one.table.c[field.name].type
    if field.erased is Erasure.EMPTY:
        return None
    if isinstance(kind, ARRAY | JSONB):
        return []
    if isinstance(kind, TSVECTOR):
        return ""
    if isinstance(kind, LargeBinary) and not field.sealed:
        return row["id"].bytes
    if field.sealed:
        return vault_of(session).seal(ERASED, field.place or field.column, row[field.bound_to])
    return ERASED


def _mentions(session: Session, one: Registered, subject: Subject, real: bool) -> Iterable[Line]:
    changed, kept = 0, 0
    for rows in one.mentioning(session, subject):
        for row in rows:
            named = [field for field in one.fields if subject.names_in(row[field.name]) and not field.member]
            scrubbed = [field for field in named if not _is_name_of_record(one, field)]
            kept += len(scrubbed) < len(named)
            changed += bool(scrubbed)
            if real and scrubbed:
                values = {field.name: _scrubbed(session, field, row, subject) for field in scrubbed}
                session.execute(update(one.table).where(one.table.c.id == row["id"]).values(values))
    yield remains.line(one.table.name, changed, "scrubbed", "It is about somebody else, and named the person.")
    yield remains.line(one.table.name, kept, "kept", NAME_STAYS)


def _is_name_of_record(one: Registered, field: PersonalField) -> bool:
    return field.kind is Kind.NAME and any(link.column == f"{one.table.name}.id" for link in one.links)


def _scrubbed(session: Session, field: PersonalField, row: dict[str, Any], subject: Subject) -> Any:
    if field.kind in (Kind.EMAIL, Kind.PHONE):
        return None
    value = subject.without(row[field.name])
    return vault_of(session).seal(value, field.column, row[field.bound_to]) if field.sealed else value

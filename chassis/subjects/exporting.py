"""The job that gathers what a service knows of a person into one sealed file."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.context import blobs_of, service_of
from chassis.database import dicts
from chassis.jobs import JobRun
from chassis.subjects import files, receipts, stopping
from chassis.subjects.files import part_key
from chassis.subjects.rows import Registered, registered
from chassis.subjects.subject import Subject


def export_person(run: JobRun) -> dict[str, Any]:
    """Write the service's part of a person's export, and the receipt for it; doing it twice gives the same file."""
    if not run.input:
        return {}
    order_id = UUID(run.input["order_id"])
    with stopping.on_record(run, order_id):
        return _export(run, order_id, Subject.read(run.input["subject"]))


def _export(run: JobRun, order_id: UUID, subject: Subject) -> dict[str, Any]:
    with run.chunk() as session:
        service = service_of(session)
        found = {str(one.table.name): gathered(session, one, subject) for one in registered(session)}
        files.put(
            blobs_of(session), part_key(order_id, service.name), {name: rows for name, rows in found.items() if rows}
        )
        lines = [
            {"what": name, "rows": len(rows), "done": "given", "why": None} for name, rows in sorted(found.items())
        ]
        receipts.write(session, order_id, lines)
        count = sum(map(len, found.values()))
        audit.note(
            session, "export_person", kind=audit.EXPORT, resource="privacy_request", record_id=order_id, count=count
        )
        run.save(session, done=count)
        jobs.forget_input(session, run.id)
    return {"rows": count}


def gathered(session: Session, one: Registered, subject: Subject) -> list[dict[str, Any]]:
    """The rows of a table about the person, whole, and what mentions him in the rows of others."""
    own = dicts(session.execute(select(*one.shown()).where(one.of(subject.ids))))
    mentioned = [row for batch in one.mentioning(session, subject) for row in batch]
    readable = {column.name for column in one.shown()}
    return one.opened(own) + [
        {name: value for name, value in row.items() if name in readable and (name == "id" or subject.names_in(value))}
        for row in mentioned
    ]

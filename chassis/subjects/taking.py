"""Taking an order in: once, whatever the broker repeats, and then as a job."""

from sqlalchemy.orm import Session

from chassis import jobs
from chassis.subjects import receipts
from chassis.subjects.events import ERASURE, EXPORT, PersonOrdered
from chassis.subjects.subject import Subject

EXPORT_JOB, ERASURE_JOB = "export_person", "erase_person"


def take_order(session: Session, event: PersonOrdered) -> None:
    """Note an order and begin to work on it; from this moment on, old events cannot bring an erased person back."""
    if not receipts.take(session, event.aggregate_id, event.kind):
        return
    if event.kind == ERASURE:
        receipts.bury(session, event.aggregate_id, Subject.read(event.subject))
    job = EXPORT_JOB if event.kind == EXPORT else ERASURE_JOB
    work = {"order_id": str(event.aggregate_id), "kind": event.kind, "subject": event.subject}
    jobs.enqueue_for(session, event.by, job, work)

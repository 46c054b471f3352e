"""Taking an order in: once, whatever the broker repeats, and then as a job."""

from typing import Any

from sqlalchemy.orm import Session

from chassis import jobs
from chassis.subjects import receipts
from chassis.subjects.events import ERASURE, EXPORT, PersonOrdered, RetentionOrdered
from chassis.subjects.subject import Subject

EXPORT_JOB, ERASURE_JOB, RETENTION_JOB = "export_person", "erase_person", "retain"

PART_OF_REQUEST = "It is the part of one service in a request about people's data, which can only be cancelled whole"
"""Why none of these jobs is cancelled by itself."""


def take_order(session: Session, event: PersonOrdered) -> None:
    """Note an order and begin to work on it; from this moment on, old events cannot bring an erased person back."""
    if not receipts.take(session, event.aggregate_id, event.kind):
        return
    if event.kind == ERASURE:
        receipts.bury(session, event.aggregate_id, Subject.read(event.subject))
    job = EXPORT_JOB if event.kind == EXPORT else ERASURE_JOB
    _begin(session, event, job, {"subject": event.subject})


def take_retention_order(session: Session, event: RetentionOrdered) -> None:
    """Note an order to let go of what is too old, and begin to work on it."""
    if receipts.take(session, event.aggregate_id, event.kind):
        _begin(session, event, RETENTION_JOB, {"as_of": event.as_of.isoformat(), "months": event.months})


def _begin(session: Session, event: PersonOrdered | RetentionOrdered, job: str, work: dict[str, Any]) -> None:
    order = {"order_id": str(event.aggregate_id), "kind": event.kind, **work}
    receipts.assign(session, event.aggregate_id, jobs.enqueue_for(session, event.by, job, order))

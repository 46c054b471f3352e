"""Keeping a request about people's data, telling all services of it, and having it followed."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.clock import now
from chassis.encryption.columns import vault_of
from chassis.encryption.documents import SealedDocument
from chassis.ids import new_id
from chassis.outbox import record
from chassis.subjects.events import RETENTION, RETENTION_PREVIEW, PersonOrdered, RetentionOrdered
from contracts.suite import SERVICES
from services.customers.privacy.models import PrivacyRequest

JOB = "follow_privacy_request"


def enter(session: Session, kind: str, content: dict[str, Any], *, by: UUID, **columns: Any) -> PrivacyRequest:
    """Keep a request, tell all services, and follow it until all of them have done their part."""
    request = PrivacyRequest(id=new_id(), kind=kind, created_at=now(), **columns)
    request.subject = vault_of(session).seal_json(content, place(request.id))
    session.add(request)
    session.flush()
    tell(session, request, content, by=by)
    jobs.enqueue_for(session, by, JOB, {"request_id": str(request.id)}, total=len(SERVICES))
    audit.tell(session, request=str(request.id))
    return request


def tell(session: Session, request: PrivacyRequest, content: dict[str, Any], *, by: UUID) -> None:
    """Tell all services what to do; who has heard it before takes no notice."""
    common: dict[str, Any] = {"aggregate_id": request.id, "version": 1, "kind": request.kind, "by": by}
    if request.kind in (RETENTION, RETENTION_PREVIEW):
        record(session, RetentionOrdered(**common, as_of=request.created_at, months=content["months"]))
    else:
        record(session, PersonOrdered(**common, subject=content))


def place(request_id: UUID) -> str:
    """What the sealed subject is bound to."""
    return f"privacy_requests.subject {request_id}"


COLUMNS = PrivacyRequest.__table__.c
SUBJECTS = SealedDocument(COLUMNS.subject, lambda row: place(row["id"]), (COLUMNS.id,))

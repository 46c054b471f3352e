"""Following a request about a person's data until each service has done its part."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.context import ask_of, blobs_of
from chassis.encryption.columns import vault_of
from chassis.errors import Problem
from chassis.jobs import JobPostponed, JobRun
from chassis.outbox import outbox, record
from chassis.subjects import files
from chassis.subjects.events import EXPORT, OrderCancelled
from chassis.subjects.files import part_key
from chassis.timers import DueTimer, set_timer
from contracts.suite import SERVICES
from services.customers.privacy import entering
from services.customers.privacy.models import RUNNING, PrivacyRequest

KEPT_FOR = timedelta(days=7)
TELL_AGAIN_AFTER = timedelta(minutes=1)
FIRST_WAIT, LONGEST_WAIT = 0.25, 60.0
ASKING_SECONDS = 3.0
DROP_TIMER = "drop_person_file"


def follow_privacy_request(run: JobRun) -> dict[str, Any]:
    """Ask for receipts until all are there; a service that is down is asked again later."""
    request_id = UUID(run.input["request_id"])
    with run.chunk() as session:
        request = _locked(session, request_id)
        ask, blobs = ask_of(session), blobs_of(session)
        missing, over = request.missing, request.state != RUNNING
    found = {name: receipt for name in missing if (receipt := _receipt(ask, name, request_id)) is not None}
    with run.chunk() as session:
        request = _locked(session, request_id)
        request.acknowledge({name: _kept(one) for name, one in found.items() if one["done_at"]})
        waits = 0 if any(one["done_at"] for one in found.values()) else (run.checkpoint or 0) + 1
        run.save(session, done=len(request.receipts), checkpoint=waits)
        if not request.missing and not over:
            _finish(session, request)
        elif not over and not all(one["taken"] for one in found.values()):
            _tell_again(session, request, run)
        running = request.state == RUNNING
    if running:
        raise JobPostponed(timedelta(seconds=min(FIRST_WAIT * 2 ** min(waits, 10), LONGEST_WAIT)))
    for name in SERVICES:
        blobs.delete(part_key(request_id, name))
    return {"request_id": str(request_id), "services": len(SERVICES)}


def drop_person_file(session: Session, timer: DueTimer) -> None:
    """Delete a file that was there to be fetched for long enough."""
    blobs_of(session).delete(files.file_key(UUID(timer.key)))


def _receipt(ask: Any, service: str, request_id: UUID) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = ask(service, "privacy_receipt", {"order_id": str(request_id)}, timeout=ASKING_SECONDS)
    except Problem:
        return None
    return answer


def _kept(receipt: dict[str, Any]) -> dict[str, Any]:
    return {"done_at": receipt["done_at"], "stopped": receipt.get("stopped", False), "lines": receipt["lines"]}


def _locked(session: Session, request_id: UUID) -> PrivacyRequest:
    return session.scalars(select(PrivacyRequest).where(PrivacyRequest.id == request_id).with_for_update()).one()


def _tell_again(session: Session, request: PrivacyRequest, run: JobRun) -> None:
    """A service that has never heard of the order, because it was not there at all, is told once more."""
    if now() - request.ordered_at > TELL_AGAIN_AFTER:
        request.ordered_at = now()
        opened = vault_of(session).open_json(request.subject, entering.place(request.id))
        entering.tell(session, request, opened, by=run.started_by)
        if request.cancelled_by:
            record(session, OrderCancelled(aggregate_id=request.id, version=2))


def _finish(session: Session, request: PrivacyRequest) -> None:
    # The order names the person, and nobody has to hear of it any more.
    session.execute(delete(outbox).where(outbox.c.aggregate_id == request.id))
    if request.kind == EXPORT and not request.cancelled_by:
        _put_together(session, request)
        request.finish(now() + KEPT_FOR)
        set_timer(session, DROP_TIMER, str(request.id), now() + KEPT_FOR)
    else:
        request.finish()


def _put_together(session: Session, request: PrivacyRequest) -> None:
    """One file of all parts, which go when this is committed."""
    blobs = blobs_of(session)
    parts = {name: files.get(blobs, part_key(request.id, name)) for name in SERVICES}
    document = {"id": request.id, "gathered_at": now(), "services": {name: one for name, one in parts.items() if one}}
    files.put(blobs, files.file_key(request.id), document)
    audit.note(session, "person_exported", kind=audit.EXPORT, resource="privacy_requests", record_id=request.id)

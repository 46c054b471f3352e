"""Entering requests about a person's data, and looking at what has come of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.context import blobs_of
from chassis.errors import Conflict, NotFound
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.outbox import record
from chassis.paging import paged
from chassis.subjects.events import ERASURE, EXPORT, REHEARSAL, OrderCancelled
from chassis.subjects.files import file_key
from chassis.subjects.holds import LEGAL_HOLD, held_for
from chassis.subjects.subject import Subject
from contracts.suite import SERVICES
from services.customers.privacy.entering import enter
from services.customers.privacy.models import RUNNING, PrivacyRequest
from services.customers.privacy.retention.models import PrivacyState
from services.customers.privacy.retention.standing import locked
from services.customers.privacy.showing import SHOWN, as_shown, shown
from services.customers.privacy.subjects import subject_of

TABLE = PrivacyRequest.__table__.c


class OnHold(Conflict):
    """Somebody has said that everything about the customer must be kept."""

    slug, title = "on-hold", "The customer is held, so that nothing of him may be erased"


class RequestFinished(Conflict):
    """There is nothing left to cancel."""

    slug, title = "request-finished", "The request has been carried out, or was cancelled"


class ErasureMustFinish(Conflict):
    """Half an erasure is worse than a whole one, or none."""

    slug, title = "erasure-must-finish", "An erasure that was ordered is carried out in all services"


class NoFile(Conflict):
    """The file is not ready yet, or has been deleted after its time."""

    slug, title = "no-export-file", "There is no file of this request (yet, or any more)"


def order_export(session: Session, caller: Caller, **person: Any) -> dict[str, Any]:
    """Have everything gathered that is known of a person, from all services.

    The answer is a request to look at: it has a receipt from each service that has done its part, and names those
    that are missing. A service that is down does its part as soon as it is up again.
    """
    subject = subject_of(session, caller, "privacy:export", **person)
    audit.tell(session, kind=audit.EXPORT)
    return _entered(session, caller, EXPORT, subject, person)


def order_erasure(session: Session, caller: Caller, *, dry_run: bool, **person: Any) -> dict[str, Any]:
    """Have a person erased from all services.

    Records that are only about him lose everything that tells of him or are deleted; in what is about others he is no
    longer named. What stays, and why, is said in the receipts. A dry run gives the same receipts and changes nothing.
    What was erased does not come back: not with old events, nor with files that were made before. A customer who is
    held stays, and so do his contacts.
    """
    subject = subject_of(session, caller, "privacy:erase", **person)
    if dry_run:
        return _entered(session, caller, REHEARSAL, subject, person)
    _check_holds(session, subject)
    answer = _entered(session, caller, ERASURE, subject, person)
    erased = update(PrivacyState).where(PrivacyState.id.in_([UUID(one) for one in subject.ids["customer"]]))
    session.execute(erased.values(erasure_id=answer["id"]))
    return answer


def find_requests(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the requests about people's data, the latest first."""
    query = select(*SHOWN).where(visible(PrivacyRequest, caller, "privacy:read"))
    page = paged(session, query, order=TABLE.created_at, key=TABLE.id, descending=True, limit=limit, cursor=cursor)
    page["items"] = [shown(row) for row in page["items"]]
    return page


def get_request(session: Session, caller: Caller, request_id: UUID) -> dict[str, Any]:
    """Look at a request about a person's data: who has done what, and who is missing."""
    query = select(*SHOWN).where(TABLE.id == request_id, visible(PrivacyRequest, caller, "privacy:read"))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound
    return shown({str(name): value for name, value in row.items()})


def get_file(session: Session, caller: Caller, request_id: UUID) -> dict[str, Any]:
    """Fetch everything that was gathered about a person, as a JSON file: by service and kind of record, the records.

    It is there from the moment that the request is done, for seven days.
    """
    mine = select(TABLE.file_until).where(TABLE.id == request_id, TABLE.kind == EXPORT)
    row = session.execute(mine.where(visible(PrivacyRequest, caller, "privacy:export"))).one_or_none()
    if row is None:
        raise NotFound
    if row.file_until is None or row.file_until < now():
        raise NoFile
    if not blobs_of(session).exists(file_key(request_id)):
        raise NoFile
    return {"file": file_key(request_id), "name": "person.json", "media_type": "application/json"}


def cancel_request(session: Session, caller: Caller, request_id: UUID) -> dict[str, Any]:
    """Cancel a request about people's data: services that have not done their part stop, or do not begin.

    What has been done by then stays done, and the receipts say what; once all have stopped, the state is `cancelled`.
    An erasure is not cancelled: whoever is erased in one service and known in another would be neither.
    """
    mine = select(PrivacyRequest).where(TABLE.id == request_id, visible(PrivacyRequest, caller, "privacy:erase"))
    request = session.scalar(mine.with_for_update())
    if request is None:
        raise NotFound
    if request.state != RUNNING:
        raise RequestFinished
    if request.kind == ERASURE:
        raise ErasureMustFinish(f"{len(request.receipts)} of {len(SERVICES)} services have done their part")
    if request.cancelled_by is None:
        request.cancelled_by = caller.user_id
        record(session, OrderCancelled(aggregate_id=request.id, version=2))
    return as_shown(request)


def _entered(session: Session, caller: Caller, kind: str, subject: Subject, person: dict[str, Any]) -> dict[str, Any]:
    ids = {name: person[name] for name in ("customer_id", "contact_id")}
    whose = {"owner_id": caller.user_id, "team_id": caller.main_team}
    return as_shown(enter(session, kind, subject.written(), by=caller.user_id, **ids, **whose))


def _check_holds(session: Session, subject: Subject) -> None:
    concerned = sorted(UUID(one) for kind in (subject.ids, subject.around) for one in kind.get("customer", []))
    for customer_id in concerned:
        locked(session, customer_id)
    if held_for(session, list(concerned), LEGAL_HOLD):
        raise OnHold

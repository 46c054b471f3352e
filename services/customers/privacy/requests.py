"""Entering requests about a person's data, and looking at what has come of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.clock import now
from chassis.context import blobs_of
from chassis.encryption.columns import vault_of
from chassis.encryption.documents import SealedDocument
from chassis.errors import Conflict, NotFound
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.ids import new_id
from chassis.outbox import record
from chassis.paging import paged
from chassis.subjects.events import ERASURE, EXPORT, REHEARSAL, PersonOrdered
from chassis.subjects.files import file_key
from chassis.subjects.subject import Subject
from contracts.suite import SERVICES
from services.customers.privacy.models import PrivacyRequest
from services.customers.privacy.subjects import subject_of

JOB = "follow_privacy_request"

TABLE = PrivacyRequest.__table__.c
SHOWN = [
    TABLE[name]
    for name in (
        *("id", "kind", "state", "customer_id", "contact_id", "owner_id", "receipts", "file_until"),
        *("created_at", "finished_at"),
    )
]


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
    return enter(session, caller, EXPORT, subject, person)


def order_erasure(session: Session, caller: Caller, *, dry_run: bool, **person: Any) -> dict[str, Any]:
    """Have a person erased from all services.

    Records that are only about him lose everything that tells of him or are deleted; in what is about others he is no
    longer named. What stays, and why, is said in the receipts. A dry run gives the same receipts and changes nothing.
    What was erased does not come back: not with old events, nor with files that were made before.
    """
    subject = subject_of(session, caller, "privacy:erase", **person)
    return enter(session, caller, REHEARSAL if dry_run else ERASURE, subject, person)


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


def enter(session: Session, caller: Caller, kind: str, subject: Subject, person: dict[str, Any]) -> dict[str, Any]:
    """Keep a request, tell all services, and follow it until all of them have done their part."""
    request = PrivacyRequest(
        id=new_id(),
        kind=kind,
        customer_id=person.get("customer_id"),
        contact_id=person.get("contact_id"),
        owner_id=caller.user_id,
        team_id=caller.main_team,
    )
    request.subject = vault_of(session).seal_json(subject.written(), place(request.id))
    session.add(request)
    session.flush()
    tell(session, request, subject, by=caller.user_id)
    jobs.enqueue(session, caller, JOB, {"request_id": str(request.id)}, total=len(SERVICES))
    audit.tell(session, request=str(request.id))
    return shown({column.name: getattr(request, column.name) for column in SHOWN})


def tell(session: Session, request: PrivacyRequest, subject: Subject, *, by: UUID) -> None:
    """Tell all services what to do; who has heard it before takes no notice."""
    order = PersonOrdered(aggregate_id=request.id, version=1, kind=request.kind, by=by, subject=subject.written())
    record(session, order)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is answered: with the receipts in order, and the names of those that are missing."""
    given = row["receipts"] or {}
    receipts = [{"service": name, **given[name]} for name in SERVICES if name in given]
    return row | {"receipts": receipts, "missing": [name for name in SERVICES if name not in given]}


def place(request_id: UUID) -> str:
    """What the sealed subject is bound to."""
    return f"privacy_requests.subject {request_id}"


COLUMNS = PrivacyRequest.__table__.c
SUBJECTS = SealedDocument(COLUMNS.subject, lambda row: place(row["id"]), (COLUMNS.id,))

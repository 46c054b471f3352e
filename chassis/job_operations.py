"""The operations that every service with jobs offers on them: list, look, cancel and fetch the result file."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.cancelling import JobFinished, JobMustFinish, request_cancel
from chassis.clock import now
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.errors import Conflict, NotFound
from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant
from chassis.identity.caller import Caller
from chassis.jobs import jobs, with_open_results
from chassis.operations import AUTHENTICATED, File, operation
from chassis.paging import PageRequest, page_of, paged

SHOWN = ("id", "kind", "state", "done", "total", "result", "error", "created_at", "started_at", "finished_at")


class NoResultFile(Conflict):
    """The job has no result file, or none yet."""

    slug, title = "no-result-file", "The job has no result file (yet)"


class JobView(Schema):
    """A job: long work with its progress."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"example": "import_customers"})
    state = fields.String(
        required=True,
        metadata={"enum": ["queued", "running", "done", "failed", "cancelled"], "example": "running"},
    )
    done = fields.Integer(required=True, metadata={"description": "Items worked on so far.", "example": 40})
    total = fields.Integer(required=True, allow_none=True, metadata={"description": "Items in all.", "example": 85})
    per_second = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Items in a second, since it began.", "example": 1250.5},
    )
    remaining_seconds = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How long it will take at this pace; null unless it is running.", "example": 12},
    )
    result = fields.Dict(required=True, allow_none=True, metadata={"description": "What came of it.", "example": None})
    error = fields.String(required=True, allow_none=True, metadata={"description": "Why it failed.", "example": None})
    created_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


class JobStarted(NoRecord):
    """The answer to a request that started a job."""

    job_id = fields.UUID(required=True, metadata={"description": "The job to look at for progress."})


JobPage = page_of(JobView)


def find_jobs(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the jobs that you started, newest first."""
    own = select(*(jobs.c[name] for name in SHOWN)).where(jobs.c.started_by == caller.user_id)
    page = paged(session, own, order=jobs.c.created_at, key=jobs.c.id, descending=True, limit=limit, cursor=cursor)
    with_open_results(vault_of(session), page["items"])
    for row in page["items"]:
        row |= _pace(row)
    return page


def get_job(session: Session, caller: Caller, job_id: UUID) -> dict[str, Any]:
    """Look at a job that you started."""
    own = select(*(jobs.c[name] for name in SHOWN)).where(jobs.c.id == job_id, jobs.c.started_by == caller.user_id)
    found = dicts(session.execute(own))
    if not found:
        raise NotFound
    return with_open_results(vault_of(session), found)[0] | _pace(found[0])


def _pace(row: dict[str, Any]) -> dict[str, float | int | None]:
    """How fast the job goes, and how long it will take if that stays so."""
    began, ended = row["started_at"], row["finished_at"] or now()
    seconds = (ended - began).total_seconds() if began else 0
    rate = row["done"] / seconds if seconds > 0 and row["done"] else None
    lasting = row["state"] == "running" and rate and row["total"]
    remaining = round(max(0, row["total"] - row["done"]) / rate) if lasting and rate else None
    return {"per_second": rate and round(rate, 1), "remaining_seconds": remaining}


def cancel_job(session: Session, caller: Caller, job_id: UUID) -> dict[str, Any]:
    """Cancel a job that you started.

    A queued job ends at once, a running one after the rows that it is at; what it has done until then stays. What must
    not be left half done cannot be cancelled: the answer says why, and how far it is.
    """
    request_cancel(session, job_id, caller.user_id)
    return get_job(session, caller, job_id)


def get_result_file(session: Session, caller: Caller, job_id: UUID) -> dict[str, Any]:
    """Fetch the result file of a job that you started; for an export you must still have the permission to export."""
    needs = session.scalar(select(jobs.c.needs).where(jobs.c.id == job_id, jobs.c.started_by == caller.user_id))
    if needs is not None:
        caller.require(needs)
    result = get_job(session, caller, job_id)["result"] or {}
    if "file" not in result:
        raise NoResultFile
    return {name: result[name] for name in ("file", "name", "media_type")}


def list_of(service: str) -> Any:
    """``GET /jobs/<service>``."""
    return operation(f"GET /jobs/{service}", find_jobs, takes=PageRequest, gives=JobPage, needs=AUTHENTICATED)


def look_at(service: str) -> Any:
    """``GET /jobs/<service>/{job_id}``."""
    return operation(f"GET /jobs/{service}/{{job_id}}", get_job, gives=JobView, needs=AUTHENTICATED)


def cancel_of(service: str) -> Any:
    """``POST /jobs/<service>/{job_id}/cancel``."""
    route = f"POST /jobs/{service}/{{job_id}}/cancel"
    return operation(route, cancel_job, gives=JobView, needs=AUTHENTICATED, errors=(JobFinished, JobMustFinish))


def file_of(service: str) -> Any:
    """``GET /jobs/<service>/{job_id}/file``."""
    route = f"GET /jobs/{service}/{{job_id}}/file"
    return operation(route, get_result_file, gives=File, needs=AUTHENTICATED, errors=(NoResultFile,))

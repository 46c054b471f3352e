"""Taking the order for an import."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import jobs
from chassis.context import blobs_of
from chassis.custom_fields.defined import Definitions
from chassis.errors import Invalid
from chassis.identity.caller import Caller
from chassis.tables import open_upload
from services.customers.errors import UnusableDefaults
from services.customers.imports import added, permitted
from services.customers.imports.owners import person_of, pool_of
from services.customers.imports.reading import Reader, Reading

JOB = "run_import"


def import_customers(session: Session, caller: Caller, **order: Any) -> dict[str, UUID]:
    """Import customers from an uploaded CSV file, in the background.

    Look at the job for progress. Its result counts the rows that were `created`, `updated`, `skipped` and `failed`,
    and how many of them came with `warnings`; its result file has the columns of the upload and, for each row, status,
    code and message. A dry run checks everything, changes nothing and answers the same. A word for a sector or a
    country that is not known but nearly is gives a warning with a suggestion, which `corrections` or
    `accept_suggestions` apply.
    """
    custom = added.defined(session, [*order["mapping"], *order["defaults"]])
    permitted.check_order(caller, custom, order)
    _check_system(order)
    open_upload(blobs_of(session), order["file"], caller.user_id).close()
    _check_defaults(custom, order)
    pool_of(session, caller, order)
    person_of(session, caller, order)
    return {"job_id": jobs.enqueue(session, caller, JOB, order)}


def _check_system(order: dict[str, Any]) -> None:
    """Raises Invalid if nobody knows where the ids of the rows come from."""
    named = "external_id" in order["mapping"] or "external_id" in order["match_on"]
    if named and not order["source_system"]:
        raise Invalid.field("/source_system", "Say which system the external ids are of.")
    if "external_id" in order["defaults"]:
        raise Invalid.field("/defaults/external_id", "Rows have ids of their own.")


def _check_defaults(custom: Definitions, order: dict[str, Any]) -> None:
    """Raises UnusableDefaults if even the defaults are not valid."""
    reading = Reading(0)
    Reader(order, {}, added.AddedReader(custom, order)).take(reading, {"name": "defaults"})
    if reading.failed:
        raise UnusableDefaults.field("/defaults", "; ".join(note.message for note in reading.notes))

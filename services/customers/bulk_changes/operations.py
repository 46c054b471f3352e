"""What customers offers for changing many at once: a part of its table of contents."""

from chassis.job_operations import JobStarted
from chassis.operations import job, operation
from services.customers.bulk_changes import start
from services.customers.bulk_changes.errors import UnclearOrder
from services.customers.bulk_changes.run import run_bulk_change
from services.customers.bulk_changes.schemas import BulkChange
from services.customers.errors import UnknownTerm
from services.customers.tag_book import OneOfAGroup, UnknownTag


class BulkChanges:
    """Changing many customers at once."""

    preview_bulk_change = operation(
        "POST /customers/bulk-changes/preview",
        start.preview_bulk_change,
        takes=BulkChange,
        gives=JobStarted,
        needs=start.NEEDS,
        status=202,
        errors=(UnclearOrder, UnknownTerm, UnknownTag, OneOfAGroup),
    )
    bulk_change = operation(
        "POST /customers/bulk-changes",
        start.bulk_change,
        takes=BulkChange,
        gives=JobStarted,
        needs=start.NEEDS,
        step_up=True,
        status=202,
        errors=(UnclearOrder, UnknownTerm, UnknownTag, OneOfAGroup),
    )
    run_bulk_change = job(run_bulk_change)

"""What auth offers on the audit trail: a part of its table of contents, in a file of its own for its length."""

from chassis.gathering import EntriesGathered
from chassis.job_operations import JobStarted
from chassis.operations import job, on, operation, timer
from services.auth.auditing import chain, checkpoints, searching, telling
from services.auth.auditing.schemas import (
    Acknowledgement,
    AlertPage,
    AlertSearch,
    AlertView,
    AuditExport,
    AuditPage,
    AuditSearch,
    SignedCheckpoint,
)
from services.auth.auditing.searching import AlreadyAcknowledged


class AuditOperations:
    """The audit trail of the suite, for those who may read it."""

    find_entries = operation(
        "GET /audit", searching.find_entries, takes=AuditSearch, gives=AuditPage, needs="audit:read"
    )
    export_entries = operation(
        "POST /audit/export",
        searching.export_entries,
        takes=AuditExport,
        gives=JobStarted,
        needs="audit:export",
        step_up=True,
        status=202,
    )
    verify_entries = operation(
        "POST /audit/verify", searching.verify_entries, gives=JobStarted, needs="audit:read", status=202
    )
    get_checkpoint = operation(
        "GET /audit/checkpoint", checkpoints.get_checkpoint, gives=SignedCheckpoint, needs="audit:read"
    )
    find_alerts = operation(
        "GET /alerts", searching.find_alerts, takes=AlertSearch, gives=AlertPage, needs="audit:read"
    )
    acknowledge_alert = operation(
        "POST /alerts/{alert_id}/acknowledge",
        searching.acknowledge_alert,
        takes=Acknowledgement,
        gives=AlertView,
        needs="audit:review",
        errors=(AlreadyAcknowledged,),
    )

    keep_audit = on(EntriesGathered, chain.keep_audit)
    ask_for_missing = timer(chain.ask_for_missing)
    tell_alerts = timer(telling.tell_alerts)
    figures = staticmethod(telling.figures)
    checkpoint = timer(checkpoints.checkpoint)
    run_audit_export = job(searching.run_export)
    run_verification = job(searching.run_verification)

"""Stopping the work on an order: what is done by then stays done, and the receipt says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import cancelling, jobs
from chassis.encryption.columns import vault_of
from chassis.jobs import JobCancelled, JobRun
from chassis.subjects import receipts
from chassis.subjects.events import OrderCancelled

CANCELLED = "cancelled"


@contextmanager
def on_record(run: JobRun, order_id: UUID) -> Iterator[None]:
    """Leave a receipt of what was done if the job is stopped within the block."""
    try:
        yield
    except JobCancelled:
        with run.transaction() as session:
            receipts.write(session, order_id, _lines(run.checkpoint), stopped=True)
            jobs.forget_input(session, run.id)
        raise


def stop_order(session: Session, event: OrderCancelled) -> None:
    """Let the job of an order stop after its present chunk; an order that has not come yet is not begun at all."""
    table = receipts.privacy_receipts.c
    if receipts.take(session, event.aggregate_id, CANCELLED):
        receipts.write(session, event.aggregate_id, [], stopped=True)
        return
    query = select(table.done_at, table.job_id).where(table.order_id == event.aggregate_id).with_for_update()
    row = session.execute(query).one()
    if row.done_at is not None or row.job_id is None:
        return
    if (waiting := cancelling.stop(session, row.job_id)) is not None:
        lines = _lines(jobs.opened(vault_of(session), waiting, "checkpoint"))
        receipts.write(session, event.aggregate_id, lines, stopped=True)
        jobs.forget_input(session, row.job_id)


def _lines(checkpoint: Any) -> list[dict[str, Any]]:
    return list(checkpoint["lines"]) if checkpoint else []

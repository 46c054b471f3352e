"""Confirming and rejecting what was reported of a channel."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record as tell
from services.customers import sight
from services.customers.channel_book import BOUNCED, STALE, UNVERIFIED, VERIFIED, Book, Channel
from services.customers.channels.commands import enter, keep
from services.customers.channels.showing import Record, check_writable, records_of
from services.customers.duplicates.checking import check_permission
from services.customers.models import Customer
from services.customers.tasks import making
from services.customers.tasks.models import VERIFY
from services.customers.verifying.errors import AlreadyDecided
from services.customers.verifying.models import BOUNCE, CONFIRMED, OPEN, REJECTED, ChannelReport
from services.customers.verifying.reporting import reported
from services.customers.verifying.showing import view_of

CHANGE = "customers:change"


def confirm_channel_report(
    session: Session, caller: Caller, report_id: UUID, *, allow_duplicate: bool
) -> dict[str, Any]:
    """Confirm what was reported.

    The new value is verified, and takes the place of the former one, which is kept as stale. Of an address that bounced
    there is no new one: it becomes stale, and the next address the primary one, if there is any. Of several who decide
    at once one does.
    """
    check_permission(caller, allow_duplicate=allow_duplicate)
    customer, report = _open_report(session, caller, report_id)
    record = _record_of(customer, report)
    if record is None:
        raise NotFound
    check_writable(caller, customer, record, report.kind)
    report.decide(CONFIRMED, by=caller.user_id)
    book = record.book()
    _apply(caller, book, report)
    keep(session, caller, customer, record, book, allow=allow_duplicate)
    return _decided(session, caller, customer, report)


def reject_channel_report(session: Session, caller: Caller, report_id: UUID, reason: str) -> dict[str, Any]:
    """Reject what was reported, and say why.

    The channels stay as they are, and the same change is not asked again. An address that bounced is used again.
    """
    customer, report = _open_report(session, caller, report_id)
    record = _record_of(customer, report)
    if record is not None:
        check_writable(caller, customer, record, report.kind)
    report.decide(REJECTED, by=caller.user_id, reason=reason)
    if record is not None and report.source == BOUNCE:
        book = record.book()
        bounced = _former(book, report)
        if bounced is not None and bounced.state == BOUNCED:
            book.put(replace(bounced, state=UNVERIFIED))
            keep(session, caller, customer, record, book)
    return _decided(session, caller, customer, report)


def _open_report(session: Session, caller: Caller, report_id: UUID) -> tuple[Customer, ChannelReport]:
    """A report about a customer that the caller may change; both are locked, so decisions take turns."""
    customer_id = session.scalar(select(ChannelReport.customer_id).where(ChannelReport.id == report_id))
    if customer_id is None:
        raise NotFound
    customer = sight.reached(session, caller, customer_id, CHANGE)
    report = session.get(ChannelReport, report_id, with_for_update=True)
    if report is None:
        raise NotFound
    if report.state != OPEN:
        raise AlreadyDecided
    return customer, report


def _record_of(customer: Customer, report: ChannelReport) -> Record | None:
    """Whose channel it is; None if it was a contact who is there no more."""
    wanted = report.contact_id or customer.id
    return next((one for one in records_of(customer) if one.id == wanted), None)


def _apply(caller: Caller, book: Book, report: ChannelReport) -> None:
    former, today = _former(book, report), now().date().isoformat()
    if report.value is not None:
        primary = former is None or former.primary
        new = Channel(str(new_id()), report.kind, report.value, primary=primary, since=today)
        known = book.like(new)
        if known is None or not known.is_current:
            known = enter(book, new)
        book.put(
            replace(
                known,
                state=VERIFIED,
                primary=primary,
                verified_at=now().isoformat(),
                verified_by=str(caller.user_id),
            )
        )
    former = _former(book, report)
    if former is not None:
        book.put(replace(former, state=STALE, primary=False, until=today, verified_at=None, verified_by=None))


def _former(book: Book, report: ChannelReport) -> Channel | None:
    """The channel that the report is about, if it is still there."""
    if report.former is None:
        return None
    found = book.like(Channel("", report.kind, report.former))
    return found if found is not None and found.is_current else None


def _decided(session: Session, caller: Caller, customer: Customer, report: ChannelReport) -> dict[str, Any]:
    session.flush()
    making.settle(session, VERIFY, [customer.id], str(report.id))
    tell(session, reported(session, customer, report))
    return view_of(caller, customer, report)

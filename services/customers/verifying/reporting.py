"""Reporting that a channel has another value, or that messages to it came back. Both make a task for the owner."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.identity.visibility import visible
from chassis.outbox import record as tell
from chassis.sharing.table import TEAM, shares
from contracts.channels import ChannelReported
from contracts.customers import CONTACTS, CUSTOMERS, CustomerChanged
from services.customers import sight
from services.customers.channel_book import BOUNCED, FIELD_OF, MAIL, Channel
from services.customers.channels.commands import of_customer
from services.customers.channels.errors import ChannelExists, UnknownChannel
from services.customers.channels.showing import OTHERS_LIKE, Record, check_writable, records_of
from services.customers.channels.values import normal
from services.customers.marks import wanted
from services.customers.models import Contact, Customer
from services.customers.news import news
from services.customers.searching.reaching import readable
from services.customers.tasks import making
from services.customers.tasks.making import Wanted
from services.customers.tasks.models import VERIFY
from services.customers.verifying.errors import TooManyReports
from services.customers.verifying.models import BOUNCE, OPEN, REJECTED, ChannelReport
from services.customers.verifying.notices import Failure, failures_in
from services.customers.verifying.showing import view_of

REPORT = "customers:report"
TIME = timedelta(days=7)
"""To verify a channel."""
MOST_OPEN = 50
MOST_BOUNCED = 50
TABLE: Any = ChannelReport.__table__


def report_channel(
    session: Session,
    caller: Caller,
    customer_id: UUID,
    *,
    contact_id: UUID | None,
    kind: str,
    value: str,
    former: str | None,
    evidence: str,
    source: str,
) -> dict[str, Any]:
    """Report that a number or address of a customer or contact has changed.

    Nothing changes by it: the owner gets a task, and confirms or rejects the report. Who reports the same again before
    that, or after it was rejected, gets the report that there is. `former` is what the new value replaces: without it,
    the primary one.
    """
    customer = sight.reached(session, caller, customer_id, REPORT)
    record = of_customer(customer, contact_id)
    check_writable(caller, customer, record, kind, least=Access.READ)
    country = sight.known_country(caller, customer)
    book, new = record.book(), Channel("", kind, normal(kind, value, country))
    known = book.like(new)
    if known is not None and known.is_current:
        raise ChannelExists
    replaced = book.primary(kind)
    if former is not None:
        replaced = book.like(Channel("", kind, normal(kind, former, country)))
        if replaced is None or not replaced.is_current:
            raise UnknownChannel
    said = {"evidence": evidence, "source": source, "reported_by": caller.user_id}
    report = _made(session, customer, record, new, replaced, said)
    return view_of(caller, customer, report)


def report_bounce(session: Session, caller: Caller, *, email: str, evidence: str) -> dict[str, Any]:
    """Report that mail to an address came back for good.

    Whoever has it among the customers that you reach and whose addresses you may read, himself or as a contact, is not
    written to at it any more, and the owner gets a task to verify it.
    """
    return {"customers": _bounced(session, caller, [Failure(email, evidence)])}


def report_bounce_notice(session: Session, caller: Caller, *, notice: str) -> dict[str, Any]:
    """Report a mail server's notice that mail could not be delivered, as it came (RFC 3464).

    Only addresses that are given up for good count; for each it is as if it had been reported by itself.
    """
    return {"customers": _bounced(session, caller, failures_in(notice))}


def _bounced(session: Session, caller: Caller, failures: list[Failure]) -> int:
    """How many customers are not written to any more at one of the addresses."""
    changed = set()
    for customer in _with_mail(session, caller, [one.address for one in failures]):
        for one in failures:
            said = {"evidence": one.said, "source": BOUNCE, "reported_by": caller.user_id}
            if mark_bounced(session, customer, one.address, said):
                changed.add(customer.id)
    return len(changed)


def mark_bounced(session: Session, customer: Customer, email: str, said: dict[str, Any]) -> bool:
    """Note that mail to the address bounces, wherever the customer has it. Returns whether anything is different."""
    changed = False
    for record in records_of(customer):
        book = record.book()
        channel = book.like(Channel("", MAIL, email))
        if channel is None or not channel.is_current:
            continue
        book.put(replace(channel, state=BOUNCED, verified_at=None, verified_by=None))
        if record.keep(book):
            changed = True
        _made(session, customer, record, None, channel, said)
    if changed:
        customer.touch()
        tell(session, news(CustomerChanged, customer))
    return changed


def reported(session: Session, customer: Customer, report: ChannelReport) -> ChannelReported:
    """What others are told of a report."""
    return ChannelReported(
        aggregate_id=report.id,
        version=report.version,
        customer_id=customer.id,
        contact_id=report.contact_id,
        kind=report.kind,
        source=report.source,
        state=report.state,
        owner_id=customer.owner_id,
        team_ids=_teams(session, customer),
    )


def _made(
    session: Session,
    customer: Customer,
    record: Record,
    new: Channel | None,
    former: Channel | None,
    said: dict[str, Any],
) -> ChannelReport:
    """A report with its task, or the one that there is already."""
    contact_id = record.id if isinstance(record, Contact) else None
    kind = (new or former).kind  # type: ignore[union-attr]  # one of them is there
    same = [str(contact_id), *(":".join(one.same) if one else "" for one in (new, former if new is None else None))]
    mark = vault_of(session).mark("report", "\n".join(same))
    report = ChannelReport(customer_id=customer.id, contact_id=contact_id, kind=kind, mark=mark, **said)
    report.value = new.value if new else None
    report.former = former.value if former else None
    if not _entered(session, report):
        query = select(ChannelReport).where(TABLE.c.customer_id == customer.id, TABLE.c.mark == mark)
        return session.scalars(query.order_by(TABLE.c.state, TABLE.c.id.desc())).first() or report
    task = Wanted(
        customer_id=customer.id,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        kind=VERIFY,
        due_at=now() + TIME,
        subject=str(report.id),
        about=[FIELD_OF.get(kind, OTHERS_LIKE)],
    )
    making.make(session, [task])
    tell(session, reported(session, customer, report))
    return report


def _entered(session: Session, report: ChannelReport) -> bool:
    """Store it unless there is one like it; raises TooManyReports. The customer is locked, so they take turns."""
    standing = select(TABLE.c.id).where(TABLE.c.customer_id == report.customer_id, TABLE.c.mark == report.mark)
    bounces = TABLE.c.source == BOUNCE
    if session.scalar(standing.where(or_(TABLE.c.state == OPEN, (TABLE.c.state == REJECTED) & ~bounces)).limit(1)):
        return False
    waiting = select(func.count()).where(TABLE.c.customer_id == report.customer_id, TABLE.c.state == OPEN)
    if (session.scalar(waiting) or 0) >= MOST_OPEN:
        raise TooManyReports
    session.add(report)
    session.flush()
    return True


def _with_mail(session: Session, caller: Caller, addresses: Iterable[str]) -> list[Customer]:
    """The customers that have one of the addresses, locked in one order."""
    vault = vault_of(session)
    marks = literal([mark for one in addresses for mark in wanted(vault, email=one)], ARRAY(LargeBinary))
    own = select(Customer.id).where(Customer.marks.overlap(marks), readable(caller, CUSTOMERS, "email"))
    by_contact = select(Contact.customer_id).join(Customer)
    by_contact = by_contact.where(Contact.marks.overlap(marks), readable(caller, CONTACTS, "email"))
    query = select(Customer).where(Customer.id.in_(own.union(by_contact)), visible(Customer, caller, REPORT))
    return list(session.scalars(query.order_by(Customer.id).limit(MOST_BOUNCED).with_for_update()))


def _teams(session: Session, customer: Customer) -> list[UUID]:
    """The owner's team, and those with which the customer is shared."""
    table = shares.c
    with_teams = select(table.grantee_id).where(
        table.record_id == customer.id, table.grantee_kind == TEAM, table.ended_at.is_(None)
    )
    found = [*([customer.team_id] if customer.team_id else []), *session.scalars(with_teams.order_by(table.grantee_id))]
    return list(dict.fromkeys(found))

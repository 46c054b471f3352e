"""What a caller sees of reports: values as far as he may read them among the channels of the customer."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.paging import paged
from services.customers import sight
from services.customers.channels.showing import rule_of
from services.customers.models import Customer
from services.customers.verifying.models import ChannelReport

TABLE: Any = ChannelReport.__table__
NAMES = (
    *("id", "version", "customer_id", "contact_id", "kind", "source", "state"),
    *("reported_by", "created_at", "decided_by", "decided_at"),
)
SEALED = ("value", "former", "evidence", "reason")


def get_channel_report(session: Session, caller: Caller, report_id: UUID) -> dict[str, Any]:
    """Look at a report about a channel."""
    report = session.get(ChannelReport, report_id)
    if report is None:
        raise NotFound
    return view_of(caller, _seen(session, caller, report.customer_id), report)


def channel_reports(
    session: Session, caller: Caller, customer_id: UUID, *, state: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what was reported about the channels of a customer, and what became of it, the latest first."""
    customer = _seen(session, caller, customer_id)
    query = select(TABLE.c.id).where(TABLE.c.customer_id == customer_id)
    if state is not None:
        query = query.where(TABLE.c.state == state)
    page = paged(session, query, order=TABLE.c.id, key=TABLE.c.id, descending=True, limit=limit, cursor=cursor)
    ids = [row["id"] for row in page["items"]]
    found = {one.id: one for one in session.scalars(select(ChannelReport).where(TABLE.c.id.in_(ids)))}
    page["items"] = [view_of(caller, customer, found[one]) for one in ids]
    return page


def visible_ids(caller: Caller) -> Any:
    """The reports of which somebody hears at once: those about customers that he sees."""
    return select(ChannelReport.id).where(ChannelReport.customer_id.in_(sight.visible_ids(caller)))


def view_of(caller: Caller, customer: Customer, report: ChannelReport) -> dict[str, Any]:
    """The report; texts are for those only who may read the values."""
    view = {name: getattr(report, name) for name in NAMES}
    resource, name = rule_of(report.kind, of_contact=report.contact_id is not None)
    own = customer.owner_id == caller.user_id
    secret = name in customer.withheld and not caller.field_rules.unlimited
    values = {one: getattr(report, one) for one in SEALED}
    for one in ("value", "former"):
        view[one] = shown(caller, resource, name, values[one], own=own, secret=secret)
    reads = caller.access(resource, name, own=own) >= Access.READ and not secret
    return view | {one: values[one] if reads else None for one in ("evidence", "reason")}


def _seen(session: Session, caller: Caller, customer_id: UUID) -> Customer:
    customer = session.scalar(select(Customer).where(Customer.id == customer_id, sight.in_sight(caller)))
    if customer is None:
        raise NotFound
    return customer

"""Who a campaign is sent to: customers chosen by a filter, in the sender's reach, one message per address."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Subquery,
    Text,
    Uuid,
    and_,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis.errors import Invalid
from chassis.filters import compiled
from chassis.identity.caller import Caller
from contracts.customers import CUSTOMERS
from services.campaigns.consents import has_withdrawn
from services.campaigns.models import Campaign, Customer, Recipient, Unsubscription
from services.campaigns.replicas import TAKEN_OVER, may_be_written_to

AUDIENCE_FIELDS = {name: getattr(Customer, name) for name in ("id", *TAKEN_OVER)}
"""What an audience may be chosen by."""

SHOWN_IN_PREVIEW = 20
UNSUBSCRIBED = "unsubscribed"
NO_ADDRESS = "no_address"


def check(caller: Caller, tree: dict[str, Any]) -> None:
    """Raises Invalid, with pointers below ``/audience``, for a filter by anything that the caller does not know."""
    _condition(caller, tree)


def preview(session: Session, caller: Caller, campaign: Campaign) -> dict[str, Any]:
    """How many the campaign would reach if the caller sent it now, and the first of them."""
    chosen = _chosen(caller, campaign)
    addressees = _addressees(chosen)
    by_address = select(
        func.count(addressees.c.address.distinct()).filter(~addressees.c.unsubscribed).label("recipients"),
        func.count(addressees.c.address.distinct()).filter(addressees.c.unsubscribed).label("unsubscribed"),
    )
    reached = session.execute(by_address).one()
    customers, without_address = _counts(session, chosen)
    return {
        "customers": customers,
        "recipients": reached.recipients,
        "excluded": {NO_ADDRESS: without_address, UNSUBSCRIBED: reached.unsubscribed},
        "items": _first_customers(session, chosen),
    }


def freeze(session: Session, caller: Caller, campaign: Campaign) -> None:
    """Fix the recipients: from now on neither new customers nor other rights change who is written to."""
    chosen = _chosen(caller, campaign)
    addressees = _addressees(chosen)
    oldest_of_each = (
        select(addressees)
        .ext(distinct_on(addressees.c.address))
        .order_by(addressees.c.address, addressees.c.created_at, addressees.c.customer_id)
        .subquery()
    )
    one = oldest_of_each.c
    rows = select(
        func.gen_random_uuid(),
        literal(campaign.id, Uuid),
        func.row_number().over(order_by=(one.created_at, one.customer_id, one.address)),
        one.customer_id,
        one.contact_id,
        func.coalesce(one.name, one.customer_name),
        one.email,
        one.address,
        case((one.unsubscribed, "skipped"), else_="pending"),
        case((one.unsubscribed, UNSUBSCRIBED), else_=None),
        literal(0),
        func.now(),
        func.now(),
    )
    names = "id campaign_id position customer_id contact_id name email address state reason attempts due_at created_at"
    session.execute(text("SET LOCAL statement_timeout = '15min'"))
    session.execute(insert(Recipient).from_select(names.split(), rows))
    customers, without_address = _counts(session, chosen)
    campaign.freeze(customers=customers, without_address=without_address)


def is_unsubscribed(address: Any) -> ColumnElement[bool]:
    """The condition that nobody wants marketing mail at the address of this mark; it is a column."""
    return exists().where(Unsubscription.address_hash == address, Unsubscription.lifted_at.is_(None))


def _condition(caller: Caller, tree: dict[str, Any]) -> ColumnElement[bool]:
    try:
        return compiled(tree, AUDIENCE_FIELDS, resource=CUSTOMERS, caller=caller)
    except Invalid as error:
        for complaint in error.errors:
            complaint["pointer"] = complaint["pointer"].replace("/filter", "/audience", 1)
        raise


def _chosen(caller: Caller, campaign: Campaign) -> ColumnElement[bool]:
    return and_(may_be_written_to(caller), _condition(caller, campaign.audience))


def _addressees(chosen: ColumnElement[bool]) -> Subquery:
    """Everybody with a usable address at the chosen customers."""
    person = _people()
    listed = select(
        Customer.id.label("customer_id"),
        Customer.name.label("customer_name"),
        Customer.created_at,
        person.c.contact_id,
        person.c.name,
        person.c.email,
        person.c.address,
        or_(is_unsubscribed(person.c.address), has_withdrawn(Customer.id, person.c.contact_id)).label("unsubscribed"),
    )
    return listed.join(person, true()).where(chosen, person.c.address.is_not(None)).subquery("addressees")


def _people() -> Any:
    """The addressees of a customer as rows."""
    columns = (
        column("contact_id", Uuid),
        column("name", Text),
        column("email", LargeBinary),
        column("address", LargeBinary),
    )
    rows = func.jsonb_to_recordset(Customer.addressees).table_valued(*columns, name="person")
    return rows.render_derived(with_types=True).lateral()


def _counts(session: Session, chosen: ColumnElement[bool]) -> tuple[int, int]:
    """How many customers are chosen, and how many of them have no usable address."""
    person = _people()
    reachable = exists(select(literal(1)).select_from(person).where(person.c.address.is_not(None)))
    counted = select(func.count(), func.count().filter(~reachable)).select_from(Customer).where(chosen)
    customers, without_address = session.execute(counted).one()
    return customers, without_address


def _first_customers(session: Session, chosen: ColumnElement[bool]) -> list[dict[str, Any]]:
    first = select(Customer.id, Customer.name).where(chosen).order_by(Customer.created_at, Customer.id)
    customers = session.execute(first.limit(SHOWN_IN_PREVIEW)).all()
    addressees = _addressees(Customer.id.in_([row.id for row in customers]))
    willing: dict[UUID, list[bool]] = {}
    for row in session.execute(select(addressees.c.customer_id, addressees.c.unsubscribed)):
        willing.setdefault(row.customer_id, []).append(not row.unsubscribed)
    return [
        {
            "id": row.id,
            "name": row.name,
            "recipients": sum(willing.get(row.id, [])),
            "excluded": _why_excluded(willing.get(row.id, [])),
        }
        for row in customers
    ]


def _why_excluded(willing: list[bool]) -> str | None:
    if not willing:
        return NO_ADDRESS
    return None if any(willing) else UNSUBSCRIBED

"""Reading campaigns, their recipients and what came of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.errors import NotFound
from chassis.filters import compiled
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.paging import paged
from contracts.campaigns import CAMPAIGNS
from services.campaigns.models import RECIPIENT_STATES, Campaign, Customer, Recipient, Unsubscription
from services.campaigns.replicas import in_sight, reaches_recipient
from services.campaigns.sealing import with_open_addresses

LISTED = (
    Campaign.id,
    Campaign.version,
    Campaign.name,
    Campaign.state,
    Campaign.throttle_per_minute,
    Campaign.owner_id,
    Campaign.team_id,
    Campaign.sender_id,
    Campaign.scheduled_at,
    Campaign.started_at,
    Campaign.finished_at,
    Campaign.trouble,
    Campaign.created_at,
    Campaign.updated_at,
)
WHOLE = (*LISTED, Campaign.audience, Campaign.template)
CAMPAIGN_FIELDS = {
    name: getattr(Campaign, name)
    for name in ("name", "state", "owner_id", "team_id", "sender_id", "scheduled_at", "started_at", "created_at")
}
SORTED_BY = {"created_at": Campaign.created_at, "name": Campaign.name}
OWNER = select(Customer.owner_id).where(Customer.id == Recipient.customer_id).scalar_subquery().label("owner_id")
"""Whose own the recipient is; the answer does not show it."""

RECIPIENT = (
    OWNER,
    Recipient.id,
    Recipient.position,
    Recipient.customer_id,
    Recipient.contact_id,
    Recipient.name,
    Recipient.email_sealed.label("email"),
    Recipient.state,
    Recipient.reason,
    Recipient.attempts,
    Recipient.sent_at,
    Recipient.resolved_by,
)


def visible_campaigns(caller: Caller) -> Select[UUID]:
    """The ids of the campaigns that the caller may see."""
    return select(Campaign.id).where(visible(Campaign, caller, "campaigns:read"))


def visible_recipients(caller: Caller) -> Select[UUID]:
    """The ids of the recipients that the caller may see: of his campaigns, at his customers."""
    own = Recipient.campaign_id.in_(visible_campaigns(caller))
    return select(Recipient.id).where(own, reaches_recipient(caller))


def visible_unsubscriptions(caller: Caller) -> Select[UUID]:
    """The ids of the unsubscriptions that the caller may see."""
    return select(Unsubscription.id).where(visible(Unsubscription, caller, "campaigns:read"))


def find_campaigns(
    session: Session, caller: Caller, filter: dict[str, Any] | None, sort: str, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List campaigns, the newest first unless you sort otherwise."""
    found = select(*LISTED).where(visible(Campaign, caller, "campaigns:read"))
    if filter is not None:
        found = found.where(compiled(filter, CAMPAIGN_FIELDS, resource=CAMPAIGNS, caller=caller))
    order = SORTED_BY[sort.removeprefix("-")]
    return paged(
        session, found, order=order, key=Campaign.id, descending=sort.startswith("-"), limit=limit, cursor=cursor
    )


def get_campaign(session: Session, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
    """Read a campaign with its audience and template."""
    wanted = select(*WHOLE).where(Campaign.id == campaign_id, visible(Campaign, caller, "campaigns:read"))
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def find_recipients(
    session: Session, caller: Caller, campaign_id: UUID, state: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List the recipients of a campaign with what became of each message, in the order of sending.

    Recipients at customers that you may not see are left out; the report counts them all.
    """
    _check_visible(session, caller, campaign_id)
    found = select(*RECIPIENT).where(Recipient.campaign_id == campaign_id, reaches_recipient(caller))
    if state is not None:
        found = found.where(Recipient.state == state)
    page = paged(
        session, found, order=Recipient.position, key=Recipient.id, descending=False, limit=limit, cursor=cursor
    )
    with_open_addresses(session, page["items"])
    return page


def recipient_row(session: Session, recipient_id: UUID) -> dict[str, Any]:
    """One recipient as lists show it."""
    found = select(*RECIPIENT).where(Recipient.id == recipient_id)
    return with_open_addresses(session, dicts(session.execute(found)))[0]


def report(session: Session, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
    """Count what became of a campaign: recipients by state, who could not be written to and who unsubscribed."""
    columns = (
        Campaign.state,
        Campaign.started_at,
        Campaign.finished_at,
        Campaign.trouble,
        Campaign.audience_customers,
        Campaign.without_address,
    )
    wanted = select(*columns).where(Campaign.id == campaign_id, visible(Campaign, caller, "campaigns:read"))
    campaign = session.execute(wanted).one_or_none()
    if campaign is None:
        raise NotFound
    left = select(func.count()).where(Unsubscription.campaign_id == campaign_id)
    counted = counts(session, campaign_id)
    return {
        **campaign._mapping,
        "recipients": sum(counted.values()),
        "by_state": counted,
        "skipped_because": _reasons(session, campaign_id, "skipped"),
        "unsubscribed": session.scalar(left),
    }


def counts(session: Session, campaign_id: UUID) -> dict[str, int]:
    """How many recipients of the campaign are in each state."""
    by_state = select(Recipient.state, func.count().label("recipients")).where(Recipient.campaign_id == campaign_id)
    rows = session.execute(by_state.group_by(Recipient.state))
    found = {row.state: row.recipients for row in rows}
    return {state: found.get(state, 0) for state in RECIPIENT_STATES}


def customer_campaigns(
    session: Session, caller: Caller, customer_id: UUID, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List the campaigns that wrote, or are to write, to a customer, the newest first.

    Whoever may see the customer may see these, also those of other people: they are a part of the customer's history.
    """
    columns = (
        OWNER,
        Recipient.id,
        Recipient.campaign_id,
        Campaign.name.label("campaign_name"),
        Campaign.state.label("campaign_state"),
        Recipient.name.label("recipient_name"),
        Recipient.state,
        Recipient.reason,
        Recipient.sent_at,
        Recipient.created_at,
    )
    seen = select(Customer.id).where(Customer.id == customer_id, in_sight(caller)).exists()
    found = select(*columns).join(Campaign, Campaign.id == Recipient.campaign_id)
    found = found.where(Recipient.customer_id == customer_id, seen)
    return paged(
        session, found, order=Recipient.created_at, key=Recipient.id, descending=True, limit=limit, cursor=cursor
    )


def find_unsubscriptions(
    session: Session, caller: Caller, standing: bool | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List who wants no more marketing mail, the newest first: those who said so to a campaign or person in reach."""
    columns = (
        Unsubscription.id,
        Unsubscription.address_sealed.label("address"),
        Unsubscription.source,
        Unsubscription.note,
        Unsubscription.campaign_id,
        Unsubscription.customer_id,
        Unsubscription.owner_id,
        Unsubscription.created_at,
        Unsubscription.lifted_at,
        Unsubscription.lifted_by,
        Unsubscription.lift_note,
    )
    found = select(*columns).where(visible(Unsubscription, caller, "campaigns:read"))
    if standing is not None:
        is_standing = Unsubscription.lifted_at.is_(None)
        found = found.where(is_standing if standing else ~is_standing)
    order, key = Unsubscription.created_at, Unsubscription.id
    page = paged(session, found, order=order, key=key, descending=True, limit=limit, cursor=cursor)
    vault_of(session).open_rows(page["items"], "unsubscriptions", ["address"])
    return page


def _reasons(session: Session, campaign_id: UUID, state: str) -> dict[str, int]:
    by_reason = select(Recipient.reason, func.count())
    by_reason = by_reason.where(Recipient.campaign_id == campaign_id, Recipient.state == state)
    return {str(reason): count for reason, count in session.execute(by_reason.group_by(Recipient.reason))}


def _check_visible(session: Session, caller: Caller, campaign_id: UUID) -> None:
    if session.scalar(visible_campaigns(caller).where(Campaign.id == campaign_id)) is None:
        raise NotFound

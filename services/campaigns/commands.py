"""Writing a campaign: create, change, see whom it would reach."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.ids import new_id
from services.campaigns import audience, rendering
from services.campaigns.announcements import announce
from services.campaigns.errors import CampaignExists
from services.campaigns.models import Campaign


def create_campaign(session: Session, caller: Caller, id: UUID | None = None, **fields: Any) -> Campaign:
    """Write a campaign as a draft.

    The template is tried on a sample; each mistake is answered with the part and the line that it is in.
    """
    _check(caller, fields)
    campaign_id = id or new_id()
    blank = insert(Campaign).values(id=campaign_id, owner_id=caller.user_id, team_id=caller.main_team, **fields)
    campaign = session.scalar(blank.on_conflict_do_nothing(index_elements=["id"]).returning(Campaign))
    if campaign is None:
        raise CampaignExists
    announce(session, campaign)
    return campaign


def change_campaign(
    session: Session, caller: Caller, campaign_id: UUID, expected_version: int, **fields: Any
) -> Campaign:
    """Change a draft; what is not given stays as it is."""
    campaign = load(session, caller, campaign_id, "campaigns:change")
    if campaign.version != expected_version:
        raise PreconditionFailed
    _check(caller, fields)
    campaign.change(fields)
    announce(session, campaign)
    return campaign


def preview_audience(session: Session, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
    """Count whom the campaign would reach if you sent it now, and show the first 20 customers.

    Only customers that you may see are counted. Who has no usable address or has unsubscribed is left out and said so.
    """
    caller.require("customers:read")
    return audience.preview(session, caller, seen(session, caller, campaign_id))


def load(session: Session, caller: Caller, campaign_id: UUID, permission: str) -> Campaign:
    """The campaign, locked for a change; raises NotFound unless the permission reaches it."""
    own = select(Campaign).where(Campaign.id == campaign_id, visible(Campaign, caller, permission))
    campaign = session.scalar(own.with_for_update())
    if campaign is None:
        raise NotFound
    return campaign


def seen(session: Session, caller: Caller, campaign_id: UUID) -> Campaign:
    """The campaign as it is, for reading; raises NotFound unless the caller may see it."""
    own = select(Campaign).where(Campaign.id == campaign_id, visible(Campaign, caller, "campaigns:read"))
    campaign = session.scalar(own)
    if campaign is None:
        raise NotFound
    return campaign


def _check(caller: Caller, fields: dict[str, Any]) -> None:
    if "audience" in fields:
        audience.check(caller, fields["audience"])
    if "template" in fields:
        rendering.check(fields["template"])

"""When somebody leaves, whoever takes over has his campaigns; nothing new goes out in his name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session

from chassis.leaving import Belongings, HandOver, Leaver
from chassis.timers import cancel_timer
from contracts.campaigns import CampaignsHandedOver
from services.campaigns.announcements import announce
from services.campaigns.lifecycle import SENDER_LEFT, START_TIMER
from services.campaigns.models import Campaign, Unsubscription


def _his_campaigns(user_id: UUID) -> Select[Any]:
    to_be_sent = and_(Campaign.sender_id == user_id, Campaign.state == "scheduled")
    return select(Campaign.id).where(or_(Campaign.owner_id == user_id, to_be_sent)).order_by(Campaign.id)


def _pass_on_campaigns(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    """A scheduled one pauses until somebody resumes it in his own name; one that is being sent goes on.

    Timers are taken before their rows, as everywhere.
    """
    scheduled = select(Campaign.id).where(Campaign.id.in_(ids), Campaign.sender_id == leaver.user_id)
    for campaign_id in session.scalars(scheduled.where(Campaign.state == "scheduled")).all():
        cancel_timer(session, START_TIMER, str(campaign_id))
    still_his = _his_campaigns(leaver.user_id).with_only_columns(Campaign).where(Campaign.id.in_(ids))
    team_id = leaver.successors_team(session)
    for campaign in session.scalars(still_his.with_for_update()).all():
        if campaign.state == "scheduled" and campaign.sender_id == leaver.user_id:
            campaign.halt(SENDER_LEFT)
        if campaign.owner_id == leaver.user_id:
            campaign.give_to(leaver.successor_id, team_id)
        announce(session, campaign)


def _his_unsubscriptions(user_id: UUID) -> Select[Any]:
    return select(Unsubscription.id).where(Unsubscription.owner_id == user_id).order_by(Unsubscription.id)


def _pass_on_unsubscriptions(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    new = {"owner_id": leaver.successor_id, "team_id": leaver.successors_team(session)}
    session.execute(update(Unsubscription).where(Unsubscription.id.in_(ids)).values(new))


HANDING_OVER = HandOver(
    event=CampaignsHandedOver,
    belongings={
        "campaigns": Belongings(_his_campaigns, _pass_on_campaigns),
        "unsubscriptions": Belongings(_his_unsubscriptions, _pass_on_unsubscriptions),
    },
)

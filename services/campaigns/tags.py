"""Audiences that name a tag which is called otherwise now."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.filters import with_new_name
from contracts.tags import TagsReplaced
from services.campaigns.announcements import announce
from services.campaigns.models import Campaign

NOT_BEGUN = ("draft", "scheduled")


def follow_tags(session: Session, event: TagsReplaced) -> None:
    """Let the audiences of campaigns that have not begun find the tag by its old and its new name.

    Customers get the new name one after the other, and an old one again if that is undone; both are meant throughout.
    """
    waiting = select(Campaign).where(Campaign.state.in_(NOT_BEGUN)).order_by(Campaign.id).with_for_update()
    for campaign in session.scalars(waiting):
        if campaign.follow(with_new_name(campaign.audience, "tags", event.tags, event.into)):
            announce(session, campaign)

"""What the others are told."""

from uuid import UUID

from sqlalchemy.orm import Session

from chassis.outbox import record
from contracts.campaigns import CampaignChanged, CampaignMessageSent, Unsubscribed
from services.campaigns.models import Campaign, Recipient, Unsubscription


def announce(session: Session, campaign: Campaign) -> None:
    """Tell of a campaign as it is now."""
    record(
        session,
        CampaignChanged(
            aggregate_id=campaign.id,
            version=campaign.version,
            name=campaign.name,
            state=campaign.state,
            owner_id=campaign.owner_id,
            team_id=campaign.team_id,
        ),
    )


def announce_sent(session: Session, recipient: Recipient) -> None:
    """Tell that a customer was written to; this happens once in the life of a recipient."""
    assert recipient.sent_at is not None
    record(
        session,
        CampaignMessageSent(
            aggregate_id=recipient.id,
            version=1,
            campaign_id=recipient.campaign_id,
            customer_id=recipient.customer_id,
            sent_at=recipient.sent_at,
        ),
    )


def announce_unsubscribed(session: Session, unsubscription: Unsubscription, contact_id: UUID | None) -> None:
    """Tell that somebody wants no more marketing mail."""
    record(
        session,
        Unsubscribed(
            aggregate_id=unsubscription.id,
            version=1,
            customer_id=unsubscription.customer_id,
            campaign_id=unsubscription.campaign_id,
            contact_id=contact_id,
        ),
    )

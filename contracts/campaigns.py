"""What campaigns publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class CampaignChanged(Event):
    """A campaign was planned, changed, started, paused, finished or cancelled."""

    service: ClassVar[str] = "campaigns"
    aggregate: ClassVar[str] = "campaign"

    name: str
    state: str
    owner_id: UUID | None
    team_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CampaignMessageSent(Event):
    """A message of a campaign was handed to the mail server for a customer."""

    service: ClassVar[str] = "campaigns"
    aggregate: ClassVar[str] = "recipient"

    campaign_id: UUID
    customer_id: UUID
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class Unsubscribed(Event):
    """A person wants no more marketing mail."""

    service: ClassVar[str] = "campaigns"
    aggregate: ClassVar[str] = "unsubscription"

    customer_id: UUID | None
    campaign_id: UUID | None

"""What campaigns publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity import masks
from chassis.identity.events import MergeFollowed, RecordsHandedOver
from chassis.identity.policy import Access, Field, Resource
from contracts.customers import CUSTOMERS


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
    contact_id: UUID | None = None


CAMPAIGNS = Resource(
    "campaigns",
    fields={
        "name": Field(least=Access.READ),
        "audience": Field(least=Access.READ),
        "template": Field(least=Access.READ),
        "throttle_per_minute": Field(least=Access.READ),
    },
    fixed=(
        *("id", "version", "state", "owner_id", "team_id", "sender_id", "scheduled_at", "started_at", "finished_at"),
        *("trouble", "created_at", "updated_at"),
    ),
    internal=("sender_name", "audience_customers", "without_address", "job_id", "paced_until"),
)
"""Messages to many customers."""

RECIPIENTS = Resource(
    "recipients",
    fields={
        "email": Field(mask=masks.email, within=(CUSTOMERS, "email")),
        "reason": Field(within=(CUSTOMERS, "email")),
    },
    fixed=(
        *(
            "id",
            "position",
            "owner_id",
            "campaign_id",
            "campaign_name",
            "campaign_state",
            "customer_id",
            "contact_id",
            "name",
        ),
        *("recipient_name", "state", "attempts", "sent_at", "resolved_by", "created_at"),
    ),
    internal=("address", "due_at", "claim"),
    permissions="campaigns",
)
"""Whom a campaign is sent to; the own of whoever owns the customer. Mail servers give the address in their reasons."""

UNSUBSCRIPTIONS = Resource(
    "unsubscriptions",
    fields={"address": Field(mask=masks.email, within=(CUSTOMERS, "email")), "note": Field(), "lift_note": Field()},
    fixed=(*("id", "source", "campaign_id", "customer_id", "owner_id", "created_at", "lifted_at", "lifted_by"),),
    internal=("address_hash", "team_id"),
    permissions="campaigns",
)
"""Who wants no more marketing mail."""


@dataclass(frozen=True, kw_only=True)
class CampaignsHandedOver(RecordsHandedOver):
    """How far campaigns is with what somebody who has left owned there."""

    service: ClassVar[str] = "campaigns"


@dataclass(frozen=True, kw_only=True)
class CampaignsFollowedMerge(MergeFollowed):
    """Campaigns has done its part of a merge of customers, or of taking one back."""

    service: ClassVar[str] = "campaigns"

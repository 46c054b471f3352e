"""What customers publishes of the ways to reach somebody: numbers, mail addresses, messengers, postal addresses."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.identity.policy import NOBODY, Resource

CHANNELS = Resource(
    "channels",
    fixed=(
        *("id", "version", "customer_id", "contact_id", "kind", "value", "label", "primary", "state"),
        *("verified_at", "verified_by", "source", "since", "until", "region", "carrier", "line"),
        "allow_duplicate",
    ),
    owner=NOBODY,
    permissions="customers",
)
"""All ways to reach a customer and its contacts; the rules of ``phone``, ``email`` and ``website`` hold for each."""

ADDRESSES = Resource(
    "addresses",
    fixed=(
        *("id", "version", "customer_id", "contact_id", "kind", "lines", "city", "province", "postcode", "country"),
        *("primary", "since", "until"),
    ),
    owner=NOBODY,
    permissions="customers",
)
"""All postal addresses of a customer and its contacts; the rules of its ``address``, ``city``, ``country`` hold."""

CHANNEL_REPORTS = Resource(
    "channel_reports",
    fixed=(
        *("id", "version", "customer_id", "contact_id", "kind", "value", "former", "evidence", "source", "state"),
        *("reason", "reported_by", "created_at", "decided_by", "decided_at"),
    ),
    internal=("mark", "updated_at"),
    owner=NOBODY,
    permissions="customers",
)
"""What was reported of channels: that they have changed, or that mail came back."""


@dataclass(frozen=True, kw_only=True)
class ChannelReported(Event):
    """A channel is said to have changed or not to work, or somebody has confirmed or rejected that.

    It does not hold the values; whoever sees the customer can look at the report.
    """

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "channel_report"

    customer_id: UUID
    contact_id: UUID | None
    kind: str
    source: str
    state: str
    """``open``, ``confirmed`` or ``rejected``."""
    owner_id: UUID | None
    team_ids: list[UUID]
    """The owner's team and those with which the customer is shared."""

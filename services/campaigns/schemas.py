"""What goes into and comes out of campaigns."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.filters import FilterTree
from chassis.paging import PageRequest, page_of
from contracts.campaigns import CAMPAIGNS, RECIPIENTS
from services.campaigns.audience import AUDIENCE_FIELDS
from services.campaigns.field_types import Instant, MailAddress, Text, WholeNumber
from services.campaigns.models import CAMPAIGN_STATES, RECIPIENT_STATES
from services.campaigns.queries import CAMPAIGN_FIELDS

LONGEST_HTML = 200_000
FASTEST = 60_000
SOFTWARE = {"field": "sector", "op": "eq", "value": "software"}
SUBJECT = "News for {{ customer.name }}"
HTML = '<p>Dear {{ contact.name }},</p><p>…</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'


class OfCampaigns(Schema):
    """A payload about campaigns."""

    class Meta:
        """Whose fields these are."""

        resource = CAMPAIGNS


class OfRecipients(Schema):
    """A payload about recipients."""

    class Meta:
        """Whose fields these are."""

        resource = RECIPIENTS


class Template(Schema):
    """The message, in a small part of Jinja: variables, filters, `if` and `for`."""

    subject = Text(300, required=True, metadata={"example": SUBJECT})
    html = Text(
        LONGEST_HTML,
        required=True,
        kept=True,
        metadata={
            "description": "What is shown is escaped. Without `unsubscribe_url` the link is put at the end.",
            "example": HTML,
        },
    )
    text = Text(
        LONGEST_HTML,
        kept=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "The same without HTML; made from the HTML if you give none.", "example": None},
    )


class TemplateView(NoRecord):
    """The message as it was written."""

    subject = fields.String(required=True, metadata={"example": SUBJECT})
    html = fields.String(required=True, metadata={"example": HTML})
    text = fields.String(required=True, allow_none=True, metadata={"example": None})


def _name(**options: Any) -> Text:
    return Text(200, metadata={"description": "What you call it.", "example": "Autumn news"}, **options)


def _audience(**options: Any) -> FilterTree:
    said = {"description": "A filter tree on customers.", "example": SOFTWARE}
    return FilterTree("AudienceFilter", AUDIENCE_FIELDS, metadata=said, **options)


def _throttle(**options: Any) -> WholeNumber:
    return WholeNumber(
        strict=True,
        validate=validate.Range(1, FASTEST),
        metadata={"description": "How many messages may leave in any minute.", "example": 600},
        **options,
    )


class NewCampaign(OfCampaigns):
    """A campaign to write."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    name = _name(required=True)
    audience = _audience(required=True)
    template = fields.Nested(Template, required=True)
    throttle_per_minute = _throttle(load_default=600)


class CampaignChange(OfCampaigns):
    """What is to be different; fields that are not given stay as they are."""

    name = _name()
    audience = _audience()
    template = fields.Nested(Template)
    throttle_per_minute = _throttle()


class CampaignSearch(OfCampaigns, PageRequest):
    """Which campaigns to list, and in which order."""

    filter = FilterTree(
        "CampaignFilter",
        CAMPAIGN_FIELDS,
        load_default=None,
        metadata={"description": "A filter tree in JSON.", "example": {"field": "state", "op": "eq", "value": "sent"}},
    )
    sort = fields.String(
        load_default="-created_at",
        validate=validate.OneOf(["created_at", "-created_at", "name", "-name"]),
        metadata={"description": "What to sort by; `-` for the other way round.", "example": "-created_at"},
    )


class ListedCampaignView(OfCampaigns):
    """A campaign in a list."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Autumn news"})
    state = fields.String(required=True, metadata={"enum": CAMPAIGN_STATES, "example": "draft"})
    throttle_per_minute = fields.Integer(required=True, metadata={"example": 600})
    owner_id = fields.UUID(required=True, allow_none=True)
    team_id = fields.UUID(required=True, allow_none=True)
    sender_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Who has it sent."})
    scheduled_at = Instant(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True, metadata={"description": "When the recipients were fixed."})
    finished_at = Instant(required=True, allow_none=True)
    trouble = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why nothing is going out just now.", "example": None},
    )
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class CampaignView(ListedCampaignView):
    """A campaign: a message to many customers."""

    audience = fields.Dict(required=True, metadata={"example": SOFTWARE})
    template = fields.Nested(TemplateView, required=True)


class SendOrder(Schema):
    """When to send."""

    scheduled_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "Now, if you do not say.", "example": "2030-01-31T09:00:00Z"},
    )


class MessageRequest(Schema):
    """For whom to show the message."""

    customer_id = fields.UUID(required=True)


class MessageView(NoRecord):
    """A message as its reader sees it."""

    subject = fields.String(required=True, metadata={"example": "News for Example Trading Ltd"})
    html = fields.String(required=True, metadata={"example": "<p>Dear customer,</p>"})
    text = fields.String(required=True, metadata={"example": "Dear customer,"})


class TestOrder(Schema):
    """Where to send a test message."""

    __test__ = False

    to = MailAddress(required=True, metadata={"example": "colleague@example.com"})
    customer_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Fill it in for this customer; for a made-up one, if you do not say."},
    )


class Excluded(NoRecord):
    """Who is left out, by reason."""

    no_address = fields.Integer(
        required=True, metadata={"description": "Customers without a usable address.", "example": 3}
    )
    unsubscribed = fields.Integer(
        required=True, metadata={"description": "Addresses that want no marketing mail.", "example": 1}
    )


class AudienceCustomer(NoRecord):
    """A customer of the audience."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    recipients = fields.Integer(required=True, metadata={"description": "Messages to it.", "example": 1})
    excluded = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Why there are none.",
            "enum": ["no_address", "unsubscribed", None],
            "example": None,
        },
    )


class AudiencePreview(NoRecord):
    """Whom a campaign would reach."""

    customers = fields.Integer(required=True, metadata={"description": "Customers chosen.", "example": 40})
    recipients = fields.Integer(
        required=True, metadata={"description": "Messages: one for each address.", "example": 36}
    )
    excluded = fields.Nested(Excluded, required=True)
    items = fields.List(
        fields.Nested(AudienceCustomer), required=True, metadata={"description": "The first 20 customers."}
    )


class RecipientSearch(OfRecipients, PageRequest):
    """Which recipients to list."""

    state = fields.String(
        load_default=None,
        validate=validate.OneOf(RECIPIENT_STATES),
        metadata={"description": "Only those in this state.", "example": "sent"},
    )


class RecipientView(OfRecipients):
    """A recipient and what became of the one message to him."""

    id = fields.UUID(required=True)
    position = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True, metadata={"example": "Purchasing"})
    email = fields.String(required=True, metadata={"example": "purchasing@example.com"})
    state = fields.String(
        required=True,
        metadata={
            "description": "`uncertain`: a crash left open whether the message went out; resolve it.",
            "enum": RECIPIENT_STATES,
            "example": "sent",
        },
    )
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it is in this state.", "example": None}
    )
    attempts = fields.Integer(required=True, metadata={"example": 1})
    sent_at = Instant(required=True, allow_none=True)
    resolved_by = fields.UUID(required=True, allow_none=True)


class Resolution(Schema):
    """What came of looking an uncertain message up."""

    sent = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether it went out; if not, it is sent after all.", "example": True},
    )


class ByState(NoRecord):
    """Recipients by state."""

    pending = fields.Integer(required=True, metadata={"example": 0})
    sending = fields.Integer(required=True, metadata={"example": 0})
    sent = fields.Integer(required=True, metadata={"example": 34})
    skipped = fields.Integer(required=True, metadata={"example": 1})
    failed = fields.Integer(required=True, metadata={"example": 1})
    uncertain = fields.Integer(required=True, metadata={"example": 0})


class ReportView(NoRecord):
    """What became of a campaign."""

    state = fields.String(required=True, metadata={"enum": CAMPAIGN_STATES, "example": "sent"})
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    trouble = fields.String(required=True, allow_none=True, metadata={"example": None})
    audience_customers = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Customers chosen at the start.", "example": 40}
    )
    without_address = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of them without a usable address.", "example": 3}
    )
    recipients = fields.Integer(required=True, metadata={"example": 36})
    by_state = fields.Nested(ByState, required=True)
    skipped_because = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"example": {"unsubscribed": 1}},
    )
    unsubscribed = fields.Integer(
        required=True, metadata={"description": "Who unsubscribed by a link in this campaign.", "example": 0}
    )


class CustomerCampaignView(OfRecipients):
    """A campaign as one customer got it."""

    id = fields.UUID(required=True, metadata={"description": "The recipient."})
    campaign_id = fields.UUID(required=True)
    campaign_name = fields.String(required=True, metadata={"example": "Autumn news"})
    campaign_state = fields.String(required=True, metadata={"enum": CAMPAIGN_STATES, "example": "sent"})
    recipient_name = fields.String(required=True, metadata={"example": "Purchasing"})
    state = fields.String(required=True, metadata={"enum": RECIPIENT_STATES, "example": "sent"})
    reason = fields.String(required=True, allow_none=True, metadata={"example": None})
    sent_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


CampaignPage = page_of(ListedCampaignView)
RecipientPage = page_of(RecipientView)
CustomerCampaignPage = page_of(CustomerCampaignView)

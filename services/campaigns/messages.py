"""What a template is filled with, for recipients and for trying it out."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.context import settings_of
from chassis.encryption.columns import vault_of
from chassis.field_policy.reduction import shown
from chassis.identity.caller import Caller
from chassis.mail.letters import Content
from chassis.mail.settings import MailSettings
from contracts.customers import CUSTOMERS
from services.campaigns.errors import NotRenderable
from services.campaigns.links import NOBODY, Link
from services.campaigns.models import Campaign, Customer
from services.campaigns.rendering import SAMPLE, CannotRender, MessageTemplate
from services.campaigns.sealing import address_of

SHOWN_OF_CUSTOMERS = ("name", "sector", "country", "city")


def unsubscribe_url(settings: MailSettings, campaign_id: UUID, recipient_id: UUID) -> str:
    """Where a recipient unsubscribes."""
    return Link(campaign_id, recipient_id).url(settings.public_url, settings.secret_key)


def values_for(
    campaign: Campaign, customer: Customer | None, *, name: str, email: str, sender: str, url: str
) -> dict[str, Any]:
    """The variables of a template (``language.VARIABLES``); what is not known is empty."""
    return {
        "customer": {part: getattr(customer, part, None) or "" for part in SHOWN_OF_CUSTOMERS},
        "contact": {"name": name, "email": email},
        "campaign": {"name": campaign.name},
        "sender": {"name": sender},
        "unsubscribe_url": url,
    }


def sample_for(session: Session, campaign: Campaign, customer: Customer | None, caller: Caller) -> Content:
    """The message as the first addressee of a customer, or the sample, would get it; its link unsubscribes nobody.

    What the caller may not see of the customer is left out or masked.
    """
    sender = caller.name
    url = unsubscribe_url(settings_of(session), campaign.id, NOBODY)
    if customer is None:
        values = SAMPLE | {"campaign": {"name": campaign.name}, "sender": {"name": sender}, "unsubscribe_url": url}
    else:
        first = customer.addressees[0] if customer.addressees else {}
        name, email = first.get("name") or customer.name, address_of(vault_of(session), customer.id, first)
        values = values_for(campaign, customer, name=name, email=email, sender=sender, url=url)
        own = customer.owner_id == caller.user_id
        values["customer"] = {
            part: shown(caller, CUSTOMERS, part, value, own=own) or "" for part, value in values["customer"].items()
        }
        values["contact"]["email"] = shown(caller, CUSTOMERS, "email", email, own=own) or ""
    try:
        return MessageTemplate(campaign.template).render(values)
    except CannotRender as error:
        raise NotRenderable(str(error)) from error

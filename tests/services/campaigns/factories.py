"""Minimal valid objects for the tests of campaigns."""

import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.mail.addresses import normalised
from chassis.testing.tested import Person, TestedService
from contracts.customers import CustomerState
from services.campaigns.models import Recipient
from tests.services import customer_events

MARKETER = {
    "customers:read": "all",
    "campaigns:create": "own",
    "campaigns:read": "team",
    "campaigns:change": "own",
    "campaigns:send": "own",
}
EVERYBODY = {"field": "name", "op": "is_null", "value": False}
TEMPLATE = {"subject": "News for {{ customer.name }}", "html": "<p>Dear {{ contact.name }}</p>"}


def new_marketer(service: TestedService) -> Person:
    return service.person("Marketer", MARKETER, teams=[service.team("Marketing")])


def addressee(email: str | None, name: str = "Purchasing", contact_id: UUID | None = None) -> dict[str, Any]:
    return {"contact_id": contact_id and str(contact_id), "name": name, "email": email}


def customer_event(*emails: str | None, **state: Any) -> CustomerState:
    """A new customer's event, with an addressee for each of the e-mail addresses."""
    return customer_events.customer_event(**{"addressees": list(map(addressee, emails)), **state})


def known_customer(service: TestedService, *emails: str | None, **state: Any) -> UUID:
    """The id of a customer that the service has heard of, with an addressee for each of the e-mail addresses."""
    return customer_events.known_customer(service, **{"addressees": list(map(addressee, emails)), **state})


def known_customers(service: TestedService, count: int) -> list[str]:
    """Customers with one address each; answers the addresses."""
    emails = [f"person{number}@customer{number}.example" for number in range(count)]
    for email in emails:
        known_customer(service, email, name=email.partition("@")[0])
    return emails


def drafted(service: TestedService, who: Person, **fields: Any) -> dict[str, Any]:
    """A new campaign to everybody, as fast as it goes."""
    minimal: dict[str, Any] = {
        "name": "Autumn news",
        "audience": EVERYBODY,
        "template": TEMPLATE,
        "throttle_per_minute": 60_000,
    }
    answer = service.call("create_campaign", who, **(minimal | fields))
    assert answer.status == 201, answer.body
    return answer.json()  # type: ignore[no-any-return]


def started(service: TestedService, who: Person, **fields: Any) -> str:
    """The id of a campaign that is to be sent now."""
    campaign = drafted(service, who, **fields)
    answer = service.call("send_campaign", who, campaign_id=campaign["id"])
    assert answer.status == 200, answer.body
    return str(campaign["id"])


def work_until(service: TestedService, campaign_id: str, state: str = "sent", seconds: float = 90) -> None:
    """Run jobs as ``work`` would until the campaign is in this state."""
    deadline = time.monotonic() + seconds
    while service.scalar("SELECT state FROM campaigns WHERE id = :id", id=campaign_id) != state:
        assert time.monotonic() < deadline, f"the campaign is not {state} after {seconds} s"
        if not service.run_jobs():
            time.sleep(0.02)


def states(service: TestedService, campaign_id: str) -> dict[str, str]:
    """The state of each recipient by address."""
    with service.session() as session:
        recipients = session.scalars(select(Recipient).where(Recipient.campaign_id == UUID(str(campaign_id))))
        return {normalised(one.email) or "": one.state for one in recipients}


def hurry(service: TestedService) -> None:
    """Let every wait be over: back-offs, claims, leases and postponed jobs."""
    with service.session() as session:
        connection = session.connection()
        connection.exec_driver_sql("UPDATE recipients SET due_at = now() WHERE state = 'pending'")
        connection.exec_driver_sql("UPDATE jobs SET lease_until = now() - interval '1 second'")

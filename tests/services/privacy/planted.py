"""A person with canaries in every service."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

OFFICER = {"*": "all"}


@dataclass(frozen=True)
class Planted:
    """What was planted."""

    customer_id: UUID
    contact_id: UUID
    contact_email: str
    mention: str
    """Something about the contact in a record of his company."""
    only_of_company: str
    canaries: list[str]


def plant(suite: Any, who: Any) -> Planted:
    """A company with a contact, and something in each service about both."""
    customer = entered(
        suite.customers,
        who,
        "create_customer",
        name="Kanaria Vogelhaus",
        email="canary-customer@example.com",
        phone="+4940111000111",
        address="7 Canary Wharf Lane",
        description="canary-description",
        website="https://canary-website.example.com/",
        city="Canaryville",
        tags=["canary-tag"],
    )
    contact = entered(
        suite.customers,
        who,
        "add_contact",
        customer_id=customer["id"],
        name="Kanarina Goldfeder",
        title="canary-title",
        email="canary-contact@example.com",
        phone="+4940222000222",
    )
    for number, one in enumerate(("canary-second@example.com", "canary-contact@example.com")):
        channel = {"customer_id": customer["id"], "kind": "mail", "value": one, "idempotency_key": f"channel-{number}"}
        suite.customers.call("add_channel", who["customers"], **channel)
    entered(suite.customers, who, "add_address", customer_id=customer["id"], lines=["9 Canary Row"])
    report: dict[str, Any] = {
        "kind": "phone",
        "value": "+4940333000333",
        "source": "call",
        "evidence": "canary-evidence",
    }
    entered(suite.customers, who, "report_channel", customer_id=customer["id"], **report)
    suite.settle()
    customer_id = customer["id"]
    entered(
        suite.interactions,
        who,
        "log_interaction",
        customer_id=customer_id,
        kind="call",
        subject="canary-subject",
        text="Kanarina Goldfeder says canary-text",
        outcome="canary-outcome",
        participants=["canary-participant", "Kanarina Goldfeder"],
    )
    entered(
        suite.interactions,
        who,
        "plan_follow_up",
        status=200,
        customer_id=customer_id,
        due_at="2030-01-31T09:00:00Z",
        note="canary-follow-up",
    )
    ticket = entered(
        suite.tickets,
        who,
        "create_ticket",
        customer_id=customer_id,
        kind="complaint",
        subject="canary-ticket",
        description="canary-complaint",
    )
    entered(suite.tickets, who, "comment_ticket", ticket_id=ticket["id"], text="canary-comment")
    entered(suite.campaigns, who, "add_unsubscription", address="canary-contact@example.com", note="canary-note")
    suite.settle()
    return Planted(
        customer_id=UUID(customer_id),
        contact_id=UUID(contact["id"]),
        contact_email="canary-contact@example.com",
        mention="canary-text",
        only_of_company="canary-complaint",
        canaries=[
            *("Kanaria Vogelhaus", "canary-customer@example.com", "+4940111000111", "7 Canary Wharf Lane"),
            *("canary-second@example.com", "+4940333000333", "canary-evidence", "9 Canary Row"),
            *("canary-description", "canary-website", "Canaryville", "canary-tag"),
            *("Kanarina Goldfeder", "canary-title", "canary-contact@example.com", "+4940222000222"),
            *("canary-subject", "canary-text", "canary-outcome", "canary-participant", "canary-follow-up"),
            *("canary-ticket", "canary-complaint", "canary-comment", "canary-note"),
        ],
    )


def entered(service: Any, who: Any, operation: str, status: int = 201, **arguments: Any) -> Any:
    """The answer to a command that has to work."""
    answer = service.call(operation, who[service.service.name], idempotency_key=f"{operation}-1", **arguments)
    assert answer.status == status, answer.body
    return answer.body

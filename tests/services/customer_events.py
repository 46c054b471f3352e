"""What customers tells the other services, for the tests of those that keep replicas of its records."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from chassis.testing.tested import Person, TestedService
from contracts.customers import CustomerCreated, CustomerState


def customer_event(**state: Any) -> CustomerState:
    """A new customer's event; nobody's and not in the pool unless said otherwise."""
    minimal = CustomerCreated(
        aggregate_id=new_id(),
        version=1,
        kind="organisation",
        name="Example Trading",
        owner_id=None,
        team_id=None,
        in_pool=False,
        sector=None,
        country=None,
        city=None,
        tags=[],
        employees=None,
        revenue=None,
        parent_id=None,
        addressees=[],
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return replace(minimal, **state)


def known_customer(service: TestedService, owner: Person | None = None, **state: Any) -> UUID:
    """The id of a customer that the service has heard of."""
    if owner:
        state = {"owner_id": owner.id, "team_id": owner.caller.main_team, **state}
    event = customer_event(**state)
    service.deliver(event)
    return event.aggregate_id

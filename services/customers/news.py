"""What others are told: the state of a customer after something happened to it."""

from types import SimpleNamespace
from typing import TypeVar

from contracts.customers import CustomerState
from services.customers.channel_marks import deliverable
from services.customers.models import Customer

State = TypeVar("State", bound=CustomerState)


def news(event: type[State], customer: Customer | SimpleNamespace, *changed: str) -> State:
    """The event with the customer's present state; for a changed customer after ``touch()``.

    ``changed`` names what is different and no column of it; which columns are, is found out when it is recorded.

    A new one may also be a mere collection of its columns.
    """
    return event(
        aggregate_id=customer.id,
        version=customer.version,
        kind=customer.kind,
        name=customer.name,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        in_pool=customer.in_pool,
        sector=customer.sector,
        country=customer.country,
        city=customer.city,
        tags=customer.tags,
        employees=customer.employees,
        revenue=customer.revenue,
        parent_id=customer.parent_id,
        addressees=_addressees(customer),
        created_at=customer.created_at,
        erased=customer.erased_at is not None,
        industry=customer.industry,
        size=customer.size,
        source=customer.source,
        grade=customer.grade,
        lifecycle_stage=customer.lifecycle_stage,
        contract_ends_at=customer.contract_ends_at,
        last_deal_at=customer.last_deal_at,
        pool_id=customer.pool_id if customer.in_pool else None,
        pool_for_all=_is_for_all(customer),
        custom=customer.custom,
        changed=list(changed) or None,
    )


def _is_for_all(customer: Customer | SimpleNamespace) -> bool:
    """Whether everybody who may claim sees it, as far as its pool goes; imports go where that is so."""
    pool = getattr(customer, "pool", None) if customer.in_pool else None
    return pool is None or bool(pool.everybody)


def _addressees(customer: Customer | SimpleNamespace) -> list[dict[str, object]]:
    """Whom mail reaches, each address once; the customer's own comes first, and what bounced is left out."""
    known = [(None, customer), *((one.id, one) for one in customer.contacts)]
    by_address: dict[str, dict[str, object]] = {}
    for contact_id, one in known:
        if email := deliverable(one):
            by_address.setdefault(email.lower(), {"contact_id": contact_id, "name": one.name, "email": email.lower()})
    return list(by_address.values())

"""The filter trees on customers that payloads have."""

from typing import Any

from chassis.filters import FilterTree
from contracts.customers import CUSTOMERS
from services.customers.listing import FILTERABLE

SOFTWARE = {"field": "sector", "op": "eq", "value": "software"}


def customer_filter(description: str, **options: Any) -> FilterTree:
    """A filter by whatever the caller may read of customers, custom fields too."""
    said = {"description": description, "example": SOFTWARE}
    return FilterTree("CustomerFilter", FILTERABLE, custom=CUSTOMERS.name, metadata=said, **options)


def pool_filter(description: str, example: dict[str, Any] | None = None, **options: Any) -> FilterTree:
    """A filter in a rule of a pool: by the fields that all customers have."""
    said = {"description": description, "example": example or SOFTWARE}
    return FilterTree("PoolFilter", FILTERABLE, metadata=said, **options)

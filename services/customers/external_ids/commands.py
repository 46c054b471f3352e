"""Noting, finding and removing the ids that customers have in other systems."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Conflict, NotFound
from chassis.identity.caller import Caller
from chassis.paging import paged
from services.customers import sight
from services.customers.external_ids.models import TABLE, ExternalId
from services.customers.models import Customer

CHANGE = "customers:change"
MOST = 50
"""Of one customer."""
SHOWN = tuple(TABLE[name] for name in ("id", "customer_id", "source_system", "external_id", "created_at"))


class ExternalIdTaken(Conflict):
    """An id of another system belongs to one customer."""

    slug, title = "external-id-taken", "Another customer has this id in that system"


class TooManyExternalIds(Conflict):
    """A customer has room for a number of them."""

    slug, title = "too-many-external-ids", f"The customer has {MOST} ids of other systems already"


def add_external_id(
    session: Session, caller: Caller, customer_id: UUID, *, source_system: str, external_id: str
) -> ExternalId:
    """Note which id a customer has in another system, by which imports know it and people find it."""
    customer = sight.reached(session, caller, customer_id, CHANGE)
    count = select(func.count()).select_from(ExternalId).where(TABLE.customer_id == customer.id)
    if (session.scalar(count) or 0) >= MOST:
        raise TooManyExternalIds
    noted = ExternalId(customer_id=customer.id, source_system=source_system, external_id=external_id)
    try:
        with session.begin_nested():
            session.add(noted)
    except IntegrityError:
        raise ExternalIdTaken from None
    return noted


def remove_external_id(session: Session, caller: Caller, link_id: UUID) -> None:
    """Remove an id that a customer does not have in the other system."""
    customer_id = session.scalar(select(TABLE.customer_id).where(TABLE.id == link_id))
    if customer_id is None:
        raise NotFound
    sight.reached(session, caller, customer_id, CHANGE)
    found = session.get(ExternalId, link_id)
    if found is None:
        raise NotFound
    session.delete(found)


def find_external_ids(
    session: Session, caller: Caller, *, external_id: str, source_system: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Find which of the customers that you see have this id in another system, or in one of several."""
    query = select(*SHOWN).join(Customer, Customer.id == TABLE.customer_id)
    query = query.where(TABLE.external_id == external_id, sight.in_sight(caller))
    if source_system is not None:
        query = query.where(TABLE.source_system == source_system)
    return paged(session, query, order=TABLE.id, key=TABLE.id, descending=False, limit=limit, cursor=cursor)


def shown_with(customer_id: Any) -> Any:
    """The ids of a customer as a JSON array: part of the query for it."""
    columns = (TABLE.id, TABLE.source_system, TABLE.external_id)
    pairs = [part for column in columns for part in (column.key, column)]
    ordered = aggregate_order_by(func.json_build_object(*pairs), TABLE.source_system, TABLE.id)
    rows = select(func.coalesce(func.json_agg(ordered), literal_column("'[]'::json")))
    return rows.where(TABLE.customer_id == customer_id).correlate(Customer.__table__).scalar_subquery()

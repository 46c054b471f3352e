"""What can be asked of interactions; an interaction is as visible as the customer that it is with."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.filters import compiled
from chassis.identity.caller import Caller
from chassis.paging import paged
from contracts.interactions import INTERACTIONS
from services.interactions import replicas
from services.interactions.models import Customer, Interaction

Rows = Select[*tuple[Any, ...]]

SHOWN = (
    Interaction.id,
    Interaction.version,
    Interaction.customer_id,
    Interaction.author_id,
    Interaction.kind,
    Interaction.direction,
    Interaction.channel,
    Interaction.subject,
    Interaction.text,
    Interaction.happened_at,
    Interaction.duration_seconds,
    Interaction.participants,
    Interaction.outcome,
    Interaction.created_at,
    Interaction.updated_at,
)

FILTERABLE = {column.key: column for column in SHOWN if column.key not in ("id", "version", "text")}


def visible_ids(caller: Caller) -> Select[UUID]:
    """The interactions that the caller hears of live."""
    return _seen(select(Interaction.id), caller) if caller.may("interactions:read") else select(Interaction.id).limit(0)


def get_interaction(session: Session, caller: Caller, interaction_id: UUID) -> dict[str, Any]:
    """Look at an interaction."""
    row = session.execute(_seen(select(*SHOWN), caller).where(Interaction.id == interaction_id)).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def customer_timeline(
    session: Session, caller: Caller, customer_id: UUID, *, kind: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Show what happened with a customer, newest first.

    Whoever sees the customer (customers:read, or a claimable one in the pool) sees its whole timeline.
    """
    query = _seen(select(*SHOWN), caller).where(Interaction.customer_id == customer_id)
    if kind is not None:
        query = query.where(Interaction.kind == kind)
    page = _page(session, query, "-happened_at", limit, cursor)
    if not page["items"]:
        replicas.check_customer(session, caller, customer_id)
    return page


def find_interactions(
    session: Session,
    caller: Caller,
    *,
    author_id: UUID | None,
    filter: Any,  # the name of the query parameter
    sort: str,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List interactions across all customers that you see."""
    query = _seen(select(*SHOWN, Customer.name.label("customer_name")), caller)
    if author_id is not None:
        query = query.where(Interaction.author_id == author_id)
    if filter is not None:
        query = query.where(compiled(filter, FILTERABLE, resource=INTERACTIONS, caller=caller))
    return _page(session, query, sort, limit, cursor)


def _seen(query: Rows, caller: Caller) -> Rows:
    return query.join(Customer, Customer.id == Interaction.customer_id).where(replicas.in_sight(caller))


def _page(session: Session, query: Rows, sort: str, limit: int, cursor: str | None) -> dict[str, Any]:
    order = {"happened_at": Interaction.happened_at, "created_at": Interaction.created_at}[sort.removeprefix("-")]
    descending = sort.startswith("-")
    return paged(session, query, order=order, key=Interaction.id, descending=descending, limit=limit, cursor=cursor)

"""Noting what customers want."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.paging import paged
from services.customers import sight
from services.customers.commands import add
from services.customers.models import Customer
from services.customers.needs.models import Need

TABLE = Need.__table__.c
SHOWN = (
    *("id", "version", "customer_id", "kind", "topic", "value", "source", "evidence", "evidence_id"),
    *("confidence", "known_since", "noted_by"),
)
CHANGE = "customers:change"


def note_need(session: Session, caller: Caller, customer_id: UUID, **fields: Any) -> Need:
    """Note what a customer needs, is interested in or prefers, with the evidence for it."""
    customer = sight.reached(session, caller, customer_id, CHANGE)
    since = fields.pop("known_since") or now().date()
    need = Need(customer_id=customer.id, known_since=since, noted_by=caller.user_id, **fields)
    add(session, need)
    return need


def change_need(session: Session, caller: Caller, need_id: UUID, expected_version: int, **fields: Any) -> Need:
    """Change what was noted; fields that are not given stay as they are."""
    need = _reached(session, caller, need_id)
    if need.version != expected_version:
        raise PreconditionFailed
    for name, value in fields.items():
        setattr(need, name, value)
    need.touch()
    return need


def remove_need(session: Session, caller: Caller, need_id: UUID) -> None:
    """Remove what turned out to be wrong or is over."""
    session.delete(_reached(session, caller, need_id))


def customer_needs(
    session: Session, caller: Caller, customer_id: UUID, *, kind: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what a customer needs, is interested in and prefers, the latest first."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    query = select(*(TABLE[name] for name in SHOWN)).where(TABLE.customer_id == customer_id)
    if kind is not None:
        query = query.where(TABLE.kind == kind)
    return paged(session, query, order=TABLE.id, key=TABLE.id, descending=True, limit=limit, cursor=cursor)


def _reached(session: Session, caller: Caller, need_id: UUID) -> Need:
    """A note about a customer that the caller may change; the customer is locked first, so changes take turns."""
    customer_id = session.scalar(select(TABLE.customer_id).where(TABLE.id == need_id))
    if customer_id is None:
        raise NotFound
    sight.reached(session, caller, customer_id, CHANGE)
    need = session.get(Need, need_id)
    if need is None:
        raise NotFound
    return need

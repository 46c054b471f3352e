"""Customers with whom nobody has been in touch for too long: they are erased, by the way on which anybody is."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session, selectinload

from chassis.events import encode
from chassis.jobs import NOBODY
from chassis.privacy import Retained
from chassis.subjects.events import ERASURE
from chassis.subjects.holds import held_people
from services.customers.models import Customer
from services.customers.privacy import entering
from services.customers.privacy.models import RUNNING, PrivacyRequest
from services.customers.privacy.retention.models import PrivacyState, RetentionPolicy
from services.customers.privacy.retention.standing import locked
from services.customers.privacy.subjects import of_customers, with_merged
from services.customers.sight import EVERY

AT_ONCE = 20
"""Customers in one request."""
AT_MOST_RUNNING = 10
"""Requests; the next chunk waits for them."""
MOST_BYTES = 32 * 1024
"""Of what describes them; an event has 64 KiB."""


def silent(cutoff: datetime, *, pooled: bool) -> Select[Any]:
    """Customers who were neither entered nor put into the pool nor contacted since then, the oldest first.

    What was before contacts were counted here is not known, so that the counting itself is taken for a contact.
    """
    counted_since = select(RetentionPolicy.created_at).scalar_subquery()
    last = func.greatest(Customer.pooled_at, PrivacyState.last_contact_at, counted_since)
    found = select(Customer.id, Customer.created_at.label("at"), Customer.id.label("customer_id"))
    return found.outerjoin(PrivacyState, PrivacyState.id == Customer.id).where(
        *(EVERY, Customer.created_at < cutoff, last < cutoff, Customer.in_pool.is_(pooled)),
        *(Customer.erased_at.is_(None), PrivacyState.erasure_id.is_(None)),
    )


def order_erasures(session: Session, cutoff: datetime, ids: list[UUID], *, pooled: bool) -> list[Any]:
    """Have these customers erased from all services, unless something has just happened that keeps them."""
    chosen = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id)
    customers = session.scalars(chosen.options(selectinload(Customer.contacts)).with_for_update(of=Customer)).all()
    for customer in customers:
        locked(session, customer.id)
    still = silent(cutoff, pooled=pooled).where(Customer.id.in_(ids))
    free = set(session.scalars(still)) - set(session.scalars(select(held_people.c.person_id).where(_held(ids))))
    for some in _batches([one for one in customers if one.id in free]):
        _order_erasure(session, some)
    return [one for one in ids if one in free]


def is_busy(session: Session) -> bool:
    """Whether as many of these erasures go on as there may be, so that other jobs have their turn."""
    mine = (PrivacyRequest.kind == ERASURE) & PrivacyRequest.owner_id.is_(None) & (PrivacyRequest.state == RUNNING)
    running = select(PrivacyRequest.id).where(mine).limit(AT_MOST_RUNNING)
    return len(session.scalars(running).all()) == AT_MOST_RUNNING


CUSTOMERS = Retained(
    name="customers",
    said="Customers who belong to somebody, and with whom nobody was in touch since they were entered.",
    due=partial(silent, pooled=False),
    act=partial(order_erasures, pooled=False),
    is_busy=is_busy,
    outcome="erased",
)
POOL = Retained(
    name="pool",
    said="Customers in the shared pool with whom nobody was in touch since they were entered or came into it.",
    due=partial(silent, pooled=True),
    act=partial(order_erasures, pooled=True),
    is_busy=is_busy,
    outcome="erased",
)


def _held(ids: list[UUID]) -> ColumnElement[bool]:
    return held_people.c.person_id.in_(ids) & held_people.c.reason.is_not(None)


def _batches(customers: list[Customer]) -> Iterator[list[Customer]]:
    batch: list[Customer] = []
    for customer in customers:
        if len(batch) == AT_ONCE or (batch and _size([*batch, customer]) > MOST_BYTES):
            yield batch
            batch = []
        batch.append(customer)
    if batch:
        yield batch


def _size(customers: list[Customer]) -> int:
    return len(encode(of_customers(customers).written()))


def _order_erasure(session: Session, customers: list[Customer]) -> None:
    subject = with_merged(session, of_customers(customers))
    only = customers[0].id if len(customers) == 1 else None
    request = entering.enter(session, ERASURE, subject.written(), by=NOBODY, customer_id=only)
    theirs = PrivacyState.id.in_([one.id for one in customers])
    session.execute(update(PrivacyState).where(theirs).values(erasure_id=request.id))

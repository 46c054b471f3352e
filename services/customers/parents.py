"""The company above a customer, and that nobody ends up above himself."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from services.customers import sight
from services.customers.errors import ParentCycle, UnknownParent
from services.customers.models import Customer


def lock(session: Session) -> None:
    """Wait until no other transaction moves customers in the tree; to be taken before any customer is locked.

    Two moves that are fine for themselves can close a circle together, so they happen one after the other.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("customers.parents"))))


def check(session: Session, caller: Caller, parent_id: UUID, customer_id: UUID | None = None) -> None:
    """Raises UnknownParent unless the caller sees the parent, ParentCycle if it is the customer or below it."""
    seen = sight.visible_ids(caller).where(Customer.id == parent_id)
    if session.scalar(seen) is None:
        raise UnknownParent
    if customer_id is not None and customer_id in ancestors(session, [parent_id]):
        raise ParentCycle


def ancestors(session: Session, ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """The parent of each of these customers, of their parents, and so on to the top."""
    up = select(Customer.id, Customer.parent_id).where(Customer.id.in_(list(ids))).cte("up", recursive=True)
    above = select(Customer.id, Customer.parent_id).join(up, up.c.parent_id == Customer.id)
    return {row.id: row.parent_id for row in session.execute(select(up.union(above)))}

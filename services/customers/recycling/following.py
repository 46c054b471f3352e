"""What other services tell that puts a clock off, or that speaks against putting a customer back."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from contracts.interactions import InteractionLogged
from contracts.tickets import TicketState
from services.customers.models import Customer
from services.customers.pool_models import customer_tickets, pool_states
from services.customers.quality.keeping import touch as assess
from services.customers.recycling.winding import touch

NOT_A_CONTACT = "note"
IN_WORK = ("new", "open", "waiting")


def note_follow_up(session: Session, event: InteractionLogged) -> None:
    """Somebody was in contact with the customer; what is only noted about it is no contact."""
    if event.kind == NOT_A_CONTACT or not lock(session, event.customer_id):
        return
    at = min(event.happened_at, now())
    row = insert(pool_states).values(customer_id=event.customer_id, last_follow_up_at=at)
    latest = func.greatest(pool_states.c.last_follow_up_at, row.excluded.last_follow_up_at)
    session.execute(row.on_conflict_do_update(index_elements=["customer_id"], set_={"last_follow_up_at": latest}))
    touch(session, [event.customer_id])
    assess(session, [event.customer_id])


def note_ticket(session: Session, event: TicketState) -> None:
    """Somebody has to see to a ticket of the customer, or has done so."""
    values: dict[str, Any] = {"customer_id": event.customer_id, "version": event.version}
    row = insert(customer_tickets).values(ticket_id=event.aggregate_id, in_work=event.state in IN_WORK, **values)
    newer = {name: row.excluded[name] for name in ("customer_id", "version", "in_work")}
    older = customer_tickets.c.version < row.excluded.version
    session.execute(row.on_conflict_do_update(index_elements=["ticket_id"], set_=newer, where=older))


def lock(session: Session, customer_id: UUID) -> bool:
    """Take the customer before its clock, as everybody does; False if there is none."""
    this = select(Customer.id).where(Customer.id == customer_id)
    return session.scalar(this.with_for_update(key_share=True)) is not None

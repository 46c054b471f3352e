"""How tickets tells the other services of a ticket."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.outbox import record
from chassis.timers import DueTimer, set_timer
from contracts.tickets import TicketChanged, TicketState
from services.tickets.models import IN_WORK, Ticket

AT_ONCE = 500


def of(ticket: Ticket, kind: type[TicketState]) -> TicketState:
    """The event of this kind, with the ticket's present state."""
    return kind(
        aggregate_id=ticket.id,
        version=ticket.version,
        number=ticket.number,
        kind=ticket.kind,
        state=ticket.state,
        priority=ticket.priority,
        customer_id=ticket.customer_id,
        assignee_id=ticket.assignee_id,
        team_id=ticket.team_id,
    )


def tell_open_tickets(session: Session, timer: DueTimer) -> None:
    """Tell once more of all tickets in which something has to be done, some at a time, when others begin to care."""
    waiting = select(Ticket).where(IN_WORK).order_by(Ticket.id).limit(AT_ONCE)
    if after := timer.payload.get("after"):
        waiting = waiting.where(Ticket.id > UUID(after))
    tickets = session.scalars(waiting).all()
    record(session, *(of(ticket, TicketChanged) for ticket in tickets))
    if len(tickets) == AT_ONCE:
        set_timer(session, timer.kind, timer.key, timer.due_at, {"after": str(tickets[-1].id)})

"""How tickets tells the other services of a ticket."""

from contracts.tickets import TicketState
from services.tickets.models import Ticket


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

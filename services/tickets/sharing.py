"""Tickets can be shared with people of other teams, and with partners who see to them."""

from chassis.sharing.operations import Sharing
from contracts.tickets import TicketShared
from services.tickets import queries
from services.tickets.models import Ticket

TICKET_SHARING = Sharing(model=Ticket, event=TicketShared, path="/tickets/{ticket_id}", but_not=queries.accused)

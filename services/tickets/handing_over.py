"""When somebody leaves, whoever takes over sees to his tickets."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.leaving import Belongings, HandOver, Leaver
from chassis.outbox import record
from contracts.tickets import TicketChanged, TicketsHandedOver
from services.tickets import news
from services.tickets.models import Ticket


def _his(user_id: UUID) -> Select[Any]:
    return select(Ticket.id).where(Ticket.assignee_id == user_id).order_by(Ticket.id)


def _pass_on(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    """Also what is closed, lest anything is left to a closed account; the history tells who saw to it."""
    still_his = select(Ticket).where(Ticket.id.in_(ids), Ticket.assignee_id == leaver.user_id)
    for ticket in session.scalars(still_his.order_by(Ticket.id).with_for_update()).all():
        ticket.hand_over(leaver.successor_id, by=leaver.by)
        record(session, news.of(ticket, TicketChanged))


HANDING_OVER = HandOver(event=TicketsHandedOver, belongings={"tickets": Belongings(_his, _pass_on)})

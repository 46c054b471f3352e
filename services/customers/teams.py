"""Customers follow their owner when he moves to another team."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from chassis.clock import now
from chassis.identity.events import UserChanged
from chassis.outbox import record
from chassis.timers import DueTimer, set_timer
from contracts.customers import CustomerChanged
from services.customers.models import Customer
from services.customers.news import news

TIMER = "owner_moved"
CUSTOMERS_AT_A_TIME = 500


def notice_move(session: Session, event: UserChanged) -> None:
    """Let the customers of somebody who is in another main team now follow him, in the background."""
    team_id = event.teams[0] if event.teams else None
    if session.scalar(select(Customer.id).where(_left_behind(event.aggregate_id, team_id)).limit(1)):
        _go_on(session, event.aggregate_id, team_id)


def move_customers(session: Session, timer: DueTimer) -> None:
    """Bring some of the owner's customers into his team, and come back as long as there are more."""
    owner_id, team = UUID(timer.key), timer.payload["team_id"]
    team_id = UUID(team) if team else None
    behind = select(Customer).where(_left_behind(owner_id, team_id)).order_by(Customer.id).limit(CUSTOMERS_AT_A_TIME)
    customers = session.scalars(behind.options(selectinload(Customer.contacts)).with_for_update()).all()
    for customer in customers:
        customer.assign(owner_id, team_id)
    record(session, *(news(CustomerChanged, customer) for customer in customers))
    if len(customers) == CUSTOMERS_AT_A_TIME:
        _go_on(session, owner_id, team_id)


def _left_behind(owner_id: UUID, team_id: UUID | None) -> ColumnElement[bool]:
    return (Customer.owner_id == owner_id) & Customer.team_id.is_distinct_from(team_id)


def _go_on(session: Session, owner_id: UUID, team_id: UUID | None) -> None:
    set_timer(session, TIMER, str(owner_id), now(), {"team_id": team_id})

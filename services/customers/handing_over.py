"""When somebody leaves, his customers go to whoever takes over."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from chassis.clock import now
from chassis.leaving import Belongings, HandOver, Leaver
from chassis.outbox import record
from contracts.customers import CustomerChanged, CustomersHandedOver
from services.customers.models import Customer, Ownership
from services.customers.news import news


def _his(user_id: UUID) -> Select[Any]:
    return select(Customer.id).where(Customer.owner_id == user_id).order_by(Customer.id)


def _pass_on(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    still_his = select(Customer).where(Customer.id.in_(ids), Customer.owner_id == leaver.user_id)
    ordered = still_his.order_by(Customer.id).options(selectinload(Customer.contacts)).with_for_update()
    customers = session.scalars(ordered).all()
    team_id = leaver.successors_team(session)
    for customer in customers:
        customer.assign(leaver.successor_id, team_id)
        session.add(_line(leaver, customer))
    record(session, *(news(CustomerChanged, customer) for customer in customers))


def _line(leaver: Leaver, customer: Customer) -> Ownership:
    return Ownership(
        customer_id=customer.id,
        from_id=leaver.user_id,
        to_id=leaver.successor_id,
        by_id=leaver.by,
        how="hand_over",
        reason=None,
        at=now(),
    )


HANDING_OVER = HandOver(
    event=CustomersHandedOver,
    belongings={"customers": Belongings(_his, _pass_on)},
    ends=("run_import", "run_export", "run_bulk_change", "undo_changes"),
)

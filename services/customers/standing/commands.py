"""Grading customers and moving them through the stages of their life."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.field_policy.intake import check_written
from chassis.identity.caller import Caller
from chassis.outbox import record
from chassis.paging import paged
from contracts.customers import CUSTOMERS, CustomerChanged
from services.customers import sight
from services.customers.models import Customer
from services.customers.news import news
from services.customers.stages import check_way
from services.customers.standing.history import line
from services.customers.standing.models import FIELDS, GRADE, STAGE, Standing
from services.customers.terms.resolving import resolve

TABLE = Standing.__table__.c
HISTORY = tuple(TABLE[name] for name in ("id", "field", "before", "after", "reason", "by_id", "at"))
CHANGE = "customers:change"


def grade_customer(
    session: Session, caller: Caller, customer_id: UUID, grade: str | None, reason: str | None
) -> Customer:
    """Give a customer another grade, or none.

    The grades are the terms of the dictionary `grade`. Each change is kept with its reason.
    """
    customer = _writable(session, caller, customer_id, GRADE)
    fields = {GRADE: grade}
    resolve(session, fields)
    return _changed(session, caller, customer, GRADE, fields[GRADE], reason)


def move_customer(session: Session, caller: Caller, customer_id: UUID, stage: str, reason: str | None) -> Customer:
    """Move a customer to another stage of its life.

    From lead and prospect to any other; a customer can only be lost, which takes a reason; who is lost can be won back.
    """
    customer = _writable(session, caller, customer_id, STAGE)
    if customer.lifecycle_stage != stage:
        check_way(customer.lifecycle_stage, stage, reason)
    return _changed(session, caller, customer, STAGE, stage, reason)


def customer_standings(
    session: Session, caller: Caller, customer_id: UUID, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List how a customer's grade and stage have changed, the latest change first."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    told = [name for name in FIELDS if caller.field_rules.reads(CUSTOMERS, name)]
    query = select(*HISTORY).where(TABLE.customer_id == customer_id, TABLE.field.in_(told))
    return paged(session, query, order=TABLE.at, key=TABLE.id, descending=True, limit=limit, cursor=cursor)


def _writable(session: Session, caller: Caller, customer_id: UUID, field: str) -> Customer:
    customer = sight.reached(session, caller, customer_id, CHANGE)
    check_written(caller, CUSTOMERS, [field], owner_id=customer.owner_id)
    return customer


def _changed(
    session: Session, caller: Caller, customer: Customer, field: str, value: str | None, reason: str | None
) -> Customer:
    before = getattr(customer, field)
    if customer.change({field: value}):
        session.add(Standing(**line(caller.user_id, customer, field, before, value, reason)))
        record(session, news(CustomerChanged, customer))
    return customer

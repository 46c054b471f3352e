"""Whom scores may be told: they follow from fields that somebody may not see, and would tell of them.

Of a single customer somebody is told the score that follows from what he may see. Reports and lists are about the
scores that are kept, which follow from everything: there customers are left out of which he may not see something that
the standards ask for, as searches leave out customers by what they hide.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.identity.visibility import covered
from contracts.customers import CUSTOMERS
from services.customers import pool_scope as scope
from services.customers.pool_hiding import hidden_in
from services.customers.quality.criteria import AGES
from services.customers.quality.models import QualityStandard, qualities
from services.customers.sight import CLAIM, READ
from services.customers.tasks.seeing import readable

TABLE = qualities.c
STAGE = "lifecycle_stage"
Q: Any = TABLE


def in_reach(session: Session, caller: Caller) -> ColumnElement[bool]:
    """The condition for the rows of ``qualities`` that the caller may be told of."""
    reached = covered(Q, caller, READ)
    if caller.may(CLAIM):
        reached = or_(reached, TABLE.pool_id.in_(scope.pools_of(caller)))
    return and_(reached, openly(session, caller))


def openly(session: Session, caller: Caller) -> ColumnElement[bool]:
    """The condition for rows that follow from nothing that is kept from the caller."""
    if caller.field_rules.unlimited:
        return true()
    asked = asked_for(session)
    hiding = [pool for pool, fields in hidden_in(session, caller, scope.every_id(session)).items() if asked & {*fields}]
    shown = or_(TABLE.pool_id.is_(None), TABLE.pool_id.not_in(hiding)) if hiding else true()
    return and_(_open_to(session, caller, asked), shown)


def _open_to(session: Session, caller: Caller, asked: set[str]) -> ColumnElement[bool]:
    own, others = (sees_all(session, caller, asked, own=own) for own in (True, False))
    mine = func.coalesce(TABLE.owner_id == caller.user_id, literal(False))
    if own and others:
        return true()
    return mine if own else not_(mine) if others else false()


def asked_for(session: Session) -> set[str]:
    """All fields that the standards in force ask for."""
    return {one["field"] for criteria in session.scalars(select(QualityStandard.criteria)) for one in criteria}


def sees_all(session: Session, caller: Caller, asked: set[str], *, own: bool) -> bool:
    """Whether somebody may see all of this, and the stage, of his own customers or of others'."""
    known = readable(session, caller, own=own)
    return sees_stage(caller, own=own) and all(name in AGES or name in known for name in asked)


def sees_stage(caller: Caller, *, own: bool) -> bool:
    """Whether somebody may see by which standard a customer is judged."""
    return caller.access(CUSTOMERS, STAGE, own=own) > Access.HIDDEN

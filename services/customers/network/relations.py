"""Entering, changing and ending relations. They are changes of the customer that they lead from."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from chassis.clock import now
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.paging import paged
from services.customers import sight
from services.customers.errors import IdTaken
from services.customers.models import Customer
from services.customers.network.errors import RelationExists, UnknownEnd, WrongDays, WrongEnds
from services.customers.network.models import ENDS, WORKS_AT, Relation

TABLE = Relation.__table__.c
SHOWN = tuple(TABLE[name] for name in ("id", "version", "from_id", "to_id", "kind", "role", "note", "since", "until"))
CHANGE = "customers:change"


def add_relation(session: Session, caller: Caller, customer_id: UUID, **fields: Any) -> Relation:
    """Relate a customer to another one that you see.

    The relation leads from the customer in the path: it is `partner_of`, `supplier_of`, `competitor_of` or
    `customer_of` the other; a person `works_at` an organisation, with a role, or `reports_to` a person. People move:
    end the one relation with its last day and enter the next.
    """
    customer = sight.reached(session, caller, customer_id, CHANGE)
    other = session.scalar(select(Customer).where(Customer.id == fields["to_id"], sight.in_sight(caller)))
    if other is None:
        raise UnknownEnd
    _check_ends(customer, other, fields)
    relation = Relation(from_id=customer.id, **fields)
    _keep(session, relation)
    return relation


def change_relation(
    session: Session, caller: Caller, relation_id: UUID, expected_version: int, **fields: Any
) -> Relation:
    """Change the role, the days or the note of a relation; its ends and its kind stay."""
    relation = _reached(session, caller, relation_id)
    if relation.version != expected_version:
        raise PreconditionFailed
    if fields.get("role") is not None and relation.kind != WORKS_AT:
        raise WrongEnds
    for name, value in fields.items():
        setattr(relation, name, value)
    relation.touch()
    _keep(session, relation)
    return relation


def remove_relation(session: Session, caller: Caller, relation_id: UUID) -> None:
    """Remove a relation that never was; one that is over is ended by its last day."""
    session.delete(_reached(session, caller, relation_id))


def customer_relations(
    session: Session,
    caller: Caller,
    customer_id: UUID,
    *,
    kind: str | None,
    lasting: bool,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the relations from and to a customer, as far as you see the other end."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    other = case((TABLE.from_id == customer_id, TABLE.to_id), else_=TABLE.from_id)
    here = or_(TABLE.from_id == customer_id, TABLE.to_id == customer_id)
    query = select(*SHOWN).where(here, sight.visible_ids(caller).where(Customer.id == other).exists())
    if kind is not None:
        query = query.where(TABLE.kind == kind)
    if lasting:
        query = query.where(lasts())
    return paged(session, query, order=TABLE.id, key=TABLE.id, descending=True, limit=limit, cursor=cursor)


def lasts() -> Any:
    """The condition that a relation is not over, and has begun."""
    today = now().date()
    return and_(or_(TABLE.until.is_(None), TABLE.until >= today), or_(TABLE.since.is_(None), TABLE.since <= today))


def _check_ends(customer: Customer, other: Customer, fields: dict[str, Any]) -> None:
    """Raises WrongEnds."""
    first, second = ENDS[fields["kind"]]
    fits = customer.id != other.id and customer.kind in first and other.kind in second
    if not fits or (fields.get("role") is not None and fields["kind"] != WORKS_AT):
        raise WrongEnds


def _reached(session: Session, caller: Caller, relation_id: UUID) -> Relation:
    """A relation from a customer that the caller may change to one that he sees."""
    other = aliased(Relation)
    ends = select(other.to_id).where(other.id == relation_id).scalar_subquery()
    from_id = session.scalar(select(TABLE.from_id).where(TABLE.id == relation_id))
    seen = session.scalar(sight.visible_ids(caller).where(Customer.id == ends))
    if from_id is None or seen is None:
        raise NotFound
    sight.reached(session, caller, from_id, CHANGE)
    relation = session.get(Relation, relation_id, with_for_update=True)
    if relation is None:
        raise NotFound
    return relation


def _keep(session: Session, relation: Relation) -> None:
    """Store it; raises WrongDays, RelationExists and IdTaken."""
    if relation.since and relation.until and relation.since > relation.until:
        raise WrongDays
    try:
        with session.begin_nested():
            session.add(relation)
    except IntegrityError as error:
        if "uq_relations_lasting" in str(error.orig):
            raise RelationExists from None
        raise IdTaken from None

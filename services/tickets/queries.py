"""What can be asked of tickets, and who sees which."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.filters import compiled
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible, ways_to
from chassis.paging import paged
from contracts.tickets import TICKETS
from services.tickets import replicas
from services.tickets.models import Comment, Customer, HistoryEntry, Ticket

SHOWN = (
    Ticket.id,
    Ticket.version,
    Ticket.number,
    Ticket.kind,
    Ticket.subject,
    Ticket.description,
    Ticket.priority,
    Ticket.urgency,
    Ticket.channel,
    Ticket.customer_id,
    Ticket.team_id,
    Ticket.assignee_id,
    Ticket.accused_id,
    Ticket.created_by,
    Ticket.state,
    Ticket.resolution,
    Ticket.reopened,
    Ticket.created_at,
    Ticket.updated_at,
    Ticket.solved_at,
    Ticket.closed_at,
)

SERVICE_RECORD = (
    Ticket.id,
    Ticket.number,
    Ticket.kind,
    Ticket.subject,
    Ticket.priority,
    Ticket.channel,
    Ticket.team_id,
    Ticket.assignee_id,
    Ticket.state,
    Ticket.resolution,
    Ticket.created_at,
    Ticket.solved_at,
    Ticket.closed_at,
)

HISTORY = (
    HistoryEntry.id,
    HistoryEntry.at,
    HistoryEntry.by,
    HistoryEntry.what,
    HistoryEntry.before,
    HistoryEntry.after,
    HistoryEntry.note,
)

COMMENT = (Comment.id, Comment.author_id, Comment.text, Comment.public, Comment.created_at)

NOT_FILTERABLE = ("id", "version", "description", "resolution", "accused_id")

FILTERABLE = {column.key: column for column in SHOWN if column.key not in NOT_FILTERABLE}

SORTS = {"created_at": Ticket.created_at, "updated_at": Ticket.updated_at, "priority": Ticket.urgency}

Rows = Select[*tuple[Any, ...]]


def in_reach(caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition under which a permission covers a ticket; nobody deals with a complaint about himself."""
    return and_(visible(Ticket, caller, permission), ~accused(caller))


def readable(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller sees a ticket: it is in his reach, or he took it in."""
    if not caller.may("tickets:read"):
        return in_reach(caller, "tickets:read")
    mine = Ticket.created_by == caller.user_id
    return and_(or_(visible(Ticket, caller, "tickets:read"), mine), ~accused(caller))


def accused(caller: Caller) -> ColumnElement[bool]:
    """The condition that a ticket is a complaint about the caller."""
    return Ticket.accused_id.is_not_distinct_from(caller.user_id)


def visible_ids(caller: Caller) -> Select[UUID]:
    """The tickets that the caller hears of live."""
    return select(Ticket.id).where(readable(caller))


def get_ticket(session: Session, caller: Caller, ticket_id: UUID) -> dict[str, Any]:
    """Look at a ticket."""
    row = session.execute(_with_customer(caller).where(Ticket.id == ticket_id, readable(caller))).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def find_tickets(
    session: Session,
    caller: Caller,
    *,
    assignee: str | None,
    filter: Any,  # the name of the query parameter
    sort: str,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List tickets: those in your reach, and those that you took in."""
    query = _with_customer(caller).where(_listed(caller, assignee))
    if filter is not None:
        query = query.where(compiled(filter, FILTERABLE, resource=TICKETS, caller=caller))
    order, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    return paged(session, query, order=order, key=Ticket.id, descending=descending, limit=limit, cursor=cursor)


def customer_tickets(
    session: Session, caller: Caller, customer_id: UUID, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Show the service records of a customer, newest first.

    They are part of the customer's profile: whoever sees the customer sees what was asked for, who sees to it and what
    came of it, whatever the reach of his tickets:read. The whole ticket is for those whom it reaches.
    """
    query = select(*SERVICE_RECORD).join(Customer, Customer.id == Ticket.customer_id)
    query = query.where(Ticket.customer_id == customer_id, replicas.in_sight(caller), ~accused(caller))
    page = paged(session, query, order=Ticket.created_at, key=Ticket.id, descending=True, limit=limit, cursor=cursor)
    if not page["items"]:
        replicas.check_customer(session, caller, customer_id)
    return page


def ticket_history(
    session: Session, caller: Caller, ticket_id: UUID, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Show what became of a ticket, from the beginning."""
    query = select(*HISTORY, Ticket.assignee_id).join(Ticket, Ticket.id == HistoryEntry.ticket_id)
    query = query.where(HistoryEntry.ticket_id == ticket_id, _may_read(caller, ticket_id))
    page = paged(
        session, query, order=HistoryEntry.at, key=HistoryEntry.id, descending=False, limit=limit, cursor=cursor
    )
    return _of_readable(session, caller, ticket_id, page)


def ticket_comments(
    session: Session, caller: Caller, ticket_id: UUID, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Show the comments on a ticket, from the beginning."""
    query = select(*COMMENT).where(Comment.ticket_id == ticket_id, _may_read(caller, ticket_id))
    page = paged(session, query, order=Comment.created_at, key=Comment.id, descending=False, limit=limit, cursor=cursor)
    return _of_readable(session, caller, ticket_id, page)


def _with_customer(caller: Caller) -> Rows:
    query: Rows = select(*SHOWN, replicas.name_in_sight(caller))
    return query.outerjoin(Customer, Customer.id == Ticket.customer_id)


def _listed(caller: Caller, assignee: str | None) -> ColumnElement[bool]:
    """One's own tickets are in every reach but that of shares; to say both makes PostgreSQL expect far too few rows."""
    if assignee == "me":
        mine = and_(Ticket.assignee_id == caller.user_id, ~accused(caller))
        covered = caller.reaches("tickets:read", owner_id=caller.user_id, team_id=None)
        return mine if covered else and_(mine, readable(caller))
    found = [*ways_to(Ticket, caller, "tickets:read"), Ticket.created_by == caller.user_id]
    seen = and_(or_(*found), ~accused(caller))
    return seen if assignee is None else and_(seen, Ticket.assignee_id.is_(None))


def _may_read(caller: Caller, ticket_id: UUID) -> ColumnElement[bool]:
    return exists().where(Ticket.id == ticket_id, readable(caller))


def _of_readable(session: Session, caller: Caller, ticket_id: UUID, page: dict[str, Any]) -> dict[str, Any]:
    """The page; raises NotFound if it is empty because the ticket is not to be seen."""
    if not page["items"] and not session.scalar(select(_may_read(caller, ticket_id))):
        raise NotFound
    return page

"""Working on tickets: who sees to them, how far they are, and what is said on them."""

from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.tickets import TicketChanged, TicketMoved
from services.tickets import news, queries
from services.tickets.assignment import Roster, check_agent
from services.tickets.errors import NobodyToAssign, UnknownTeam
from services.tickets.models import Comment, Ticket


class Changes(TypedDict, total=False):
    """What may be described otherwise."""

    subject: str
    description: str | None
    priority: str


def change_ticket(
    session: Session, caller: Caller, ticket_id: UUID, expected_version: int, **changes: Unpack[Changes]
) -> Ticket:
    """Change what a ticket says: subject, description, priority."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    if ticket.version != expected_version:
        raise PreconditionFailed
    ticket.change(dict(changes), by=caller.user_id)
    record(session, news.of(ticket, TicketChanged))
    return ticket


def assign_ticket(
    session: Session,
    caller: Caller,
    ticket_id: UUID,
    *,
    assignee_id: UUID | None,
    team_id: UUID | None,
    auto: bool,
    note: str | None,
) -> Ticket:
    """Assign a ticket to a person, or to a team.

    `assignee_id` names the person. Without it the ticket goes to the member of the team who has the fewest tickets to
    work on, or, with `auto` false, to nobody yet. `team_id` is the team that it goes to, or stays in, if not given.
    """
    ticket = _locked(session, caller, ticket_id, "tickets:assign")
    if team_id is not None and not directory_of(session).has_team(team_id):
        raise UnknownTeam
    if assignee_id is not None:
        team_id = _team_of_person(session, ticket, assignee_id, team_id)
    else:
        team_id = team_id or ticket.team_id
    chosen = _chosen(session, ticket, assignee_id, team_id, auto=auto)
    ticket.assign(chosen, team_id, by=caller.user_id, note=note)
    record(session, news.of(ticket, TicketChanged))
    return ticket


def open_ticket(session: Session, caller: Caller, ticket_id: UUID, note: str | None) -> Ticket:
    """Begin (or go on) to work on a new or waiting ticket."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.open(by=caller.user_id, note=note)
    return _moved(session, ticket)


def wait_for_customer(session: Session, caller: Caller, ticket_id: UUID, note: str | None) -> Ticket:
    """Let an open ticket wait, mostly for the customer's answer."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.wait(by=caller.user_id, note=note)
    return _moved(session, ticket)


def solve_ticket(session: Session, caller: Caller, ticket_id: UUID, resolution: str) -> Ticket:
    """Solve an open or waiting ticket: say what came of it."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.solve(resolution, by=caller.user_id)
    return _moved(session, ticket)


def close_ticket(session: Session, caller: Caller, ticket_id: UUID, note: str | None) -> Ticket:
    """Close a solved ticket for good."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.close(by=caller.user_id, note=note)
    return _moved(session, ticket)


def reopen_ticket(session: Session, caller: Caller, ticket_id: UUID, note: str | None) -> Ticket:
    """Open a solved ticket again, because it was not solved after all."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.reopen(by=caller.user_id, note=note)
    return _moved(session, ticket)


def cancel_ticket(session: Session, caller: Caller, ticket_id: UUID, note: str | None) -> Ticket:
    """Cancel a ticket that nobody wants any more, for good."""
    ticket = _locked(session, caller, ticket_id, "tickets:change")
    ticket.cancel(by=caller.user_id, note=note)
    return _moved(session, ticket)


def comment_ticket(session: Session, caller: Caller, ticket_id: UUID, *, text: str, public: bool) -> Comment:
    """Comment on a ticket that you see, for colleagues or also for the customer."""
    query = select(Ticket).where(Ticket.id == ticket_id, queries.readable(caller)).with_for_update()
    ticket = session.scalar(query)
    if ticket is None:
        raise NotFound
    comment = ticket.comment(text, public=public, by=caller.user_id)
    session.flush()
    record(session, news.of(ticket, TicketChanged))
    return comment


def _locked(session: Session, caller: Caller, ticket_id: UUID, permission: str) -> Ticket:
    query = select(Ticket).where(Ticket.id == ticket_id, queries.in_reach(caller, permission)).with_for_update()
    ticket = session.scalar(query)
    if ticket is None:
        raise NotFound
    return ticket


def _moved(session: Session, ticket: Ticket) -> Ticket:
    record(session, news.of(ticket, TicketMoved))
    return ticket


def _team_of_person(session: Session, ticket: Ticket, user_id: UUID, team_id: UUID | None) -> UUID | None:
    """The team that was named, else the ticket's if the person is a member, else the person's main team."""
    directory = directory_of(session)
    check_agent(directory, user_id, team_id)
    stays = ticket.team_id is not None and user_id in directory.team_members(ticket.team_id)
    return team_id or (ticket.team_id if stays else directory.team_of(user_id))


def _chosen(
    session: Session, ticket: Ticket, assignee_id: UUID | None, team_id: UUID | None, *, auto: bool
) -> UUID | None:
    if assignee_id is None and not auto:
        return None
    roster = Roster(session, [] if assignee_id or team_id is None else [team_id], [assignee_id] if assignee_id else [])
    chosen = assignee_id or roster.least_busy(team_id, but_not=ticket.accused_id)
    if chosen is None:
        raise NobodyToAssign
    roster.give(chosen)
    return chosen

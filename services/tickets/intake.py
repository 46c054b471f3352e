"""Taking tickets in: numbered, assigned, and told to the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import Invalid
from chassis.events import Event
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record
from contracts.tickets import TicketMoved, TicketOpened
from services.tickets import news, numbers, replicas
from services.tickets.assignment import Roster, check_agent
from services.tickets.errors import AccusedPerson, OnlyComplaintsAccuse, TicketIdTaken, UnknownTeam
from services.tickets.models import WORK_STATES, Ticket


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is said of a ticket when it is taken in."""

    customer_id: UUID
    kind: str
    subject: str
    description: str | None
    priority: str
    channel: str | None
    team_id: UUID | None
    assignee_id: UUID | None
    accused_id: UUID | None
    id: UUID | None = None
    created_at: datetime | None = None
    """In the past, for what another system took in."""
    state: str = "new"
    resolution: str | None = None


def create_ticket(session: Session, caller: Caller, **said: Any) -> Ticket:
    """Take in a service request or a complaint.

    Without an assignee it goes to the member of the team (yours, if none is named) who has the fewest tickets to work
    on; it stays unassigned when nobody in the team can handle tickets.
    """
    report = Report(**said)
    replicas.check_customer(session, caller, report.customer_id)
    check(session, caller, report)
    return take_in(session, caller, [report])[0]


def check(session: Session, caller: Caller, report: Report) -> None:
    """Raises a Problem if the ticket cannot be taken in as it is reported (its customer apart)."""
    if report.accused_id is not None and report.kind != "complaint":
        raise OnlyComplaintsAccuse
    if report.state in ("solved", "closed") and report.resolution is None:
        raise Invalid.field("/resolution", "What is solved has a resolution.")
    if report.state != "new":
        caller.require("tickets:change")
    directory = directory_of(session)
    if report.team_id is not None and not directory.has_team(report.team_id):
        raise UnknownTeam
    if report.assignee_id is not None:
        _check_assignee(session, caller, report, report.assignee_id)


def _check_assignee(session: Session, caller: Caller, report: Report, assignee_id: UUID) -> None:
    if assignee_id != caller.user_id:
        caller.require("tickets:assign")
    if assignee_id == report.accused_id:
        raise AccusedPerson
    check_agent(directory_of(session), assignee_id, report.team_id)


def take_in(session: Session, caller: Caller, reports: Sequence[Report]) -> list[Ticket]:
    """Make tickets of checked reports: with a number, an assignee and the first line of the history.

    Agents are locked before numbers, by everybody, so that no two wait for each other.
    """
    moment = now()
    teams = [_team(session, caller, report) for report in reports]
    roster = _roster(session, reports, teams)
    drawn = list(numbers.draw(session, [(report.kind, (report.created_at or moment).year) for report in reports]))
    tickets = [_ticket(caller, report, number, moment) for report, number in zip(reports, drawn, strict=True)]
    events: list[Event] = []
    for ticket, report, team_id in zip(tickets, reports, teams, strict=True):
        ticket.team_id, ticket.assignee_id = team_id, _assignee(report, team_id, roster)
        events += _begin(ticket, report, by=caller.user_id)
    _store(session, tickets)
    record(session, *events)
    return tickets


def _team(session: Session, caller: Caller, report: Report) -> UUID | None:
    """The team that was named, else that of the assignee, else that of the caller."""
    if report.team_id is None and report.assignee_id is not None:
        return directory_of(session).team_of(report.assignee_id)
    return report.team_id or caller.main_team


def _roster(session: Session, reports: Sequence[Report], teams: Sequence[UUID | None]) -> Roster:
    to_assign = {team for team, report in zip(teams, reports, strict=True) if team and report.assignee_id is None}
    return Roster(session, to_assign, {report.assignee_id for report in reports if report.assignee_id is not None})


def _assignee(report: Report, team_id: UUID | None, roster: Roster) -> UUID | None:
    assignee_id = report.assignee_id or roster.least_busy(team_id, but_not=report.accused_id)
    if assignee_id is not None:
        roster.give(assignee_id, to_work_on=report.state in WORK_STATES)
    return assignee_id


def _ticket(caller: Caller, report: Report, number: str, moment: datetime) -> Ticket:
    return Ticket(
        id=report.id or new_id(),
        version=1,
        number=number,
        kind=report.kind,
        subject=report.subject,
        description=report.description,
        priority=report.priority,
        channel=report.channel,
        customer_id=report.customer_id,
        accused_id=report.accused_id,
        created_by=caller.user_id,
        created_at=report.created_at or moment,
        updated_at=moment,
        reopened=0,
    )


def _begin(ticket: Ticket, report: Report, *, by: UUID) -> list[Event]:
    """Go the way to the reported state, and answer what is to be told of it."""
    ticket.begin(by=by)
    events: list[Event] = [news.of(ticket, TicketOpened)]
    if report.state in ("open", "waiting", "solved", "closed"):
        ticket.open(by=by)
    if report.state == "waiting":
        ticket.wait(by=by)
    if report.state in ("solved", "closed"):
        ticket.solve(report.resolution or "", by=by)
    if report.state == "closed":
        ticket.close(by=by)
    if report.state == "cancelled":
        ticket.cancel(by=by)
    return events if report.state == "new" else [*events, news.of(ticket, TicketMoved)]


def _store(session: Session, tickets: list[Ticket]) -> None:
    session.add_all(tickets)
    try:
        session.flush()
    except IntegrityError:
        raise TicketIdTaken from None

"""Automatic assignment: to the agent of a team who has the fewest tickets to work on."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import Unauthenticated
from chassis.identity.directory import Directory
from services.tickets.errors import CannotHandleTickets
from services.tickets.models import WORK_STATES, Agent, Ticket

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def handles_tickets(directory: Directory, user_id: UUID) -> bool:
    """Whether the person is active and may change tickets."""
    try:
        return directory.caller(user_id).may("tickets:change")
    except Unauthenticated:
        return False


def check_agent(directory: Directory, user_id: UUID, team_id: UUID | None) -> None:
    """Raises CannotHandleTickets unless the person can be given tickets, and belongs to the team if one is named."""
    if not handles_tickets(directory, user_id):
        raise CannotHandleTickets
    if team_id is not None and user_id not in directory.team_members(team_id):
        raise CannotHandleTickets("The person is no member of the team")


class Roster:
    """The agents of some teams, and further people, with their present load, locked until the transaction ends.

    Whoever assigns to one of them at the same moment waits, and then counts with what was assigned here: parallel
    assignments spread evenly, also where people are members of several teams. All lock in the order of the ids.
    """

    def __init__(self, session: Session, teams: Iterable[UUID], people: Iterable[UUID] = ()) -> None:
        directory = directory_of(session)
        self._members = {
            team: [user for user in directory.team_members(team) if handles_tickets(directory, user)]
            for team in set(teams)
        }
        everyone = sorted({user for members in self._members.values() for user in members} | set(people))
        self._agents = _locked(session, everyone)
        self._load = _load(session, everyone)

    def least_busy(self, team_id: UUID | None, *, but_not: UUID | None = None) -> UUID | None:
        """Who in the team has the fewest tickets, or of those the one who has waited longest; None if nobody can."""
        candidates = [user for user in self._members.get(team_id, []) if user != but_not] if team_id else []
        return min(candidates, key=self._turn, default=None)

    def give(self, user_id: UUID, *, to_work_on: bool = True) -> None:
        """Count that the person was given a ticket; one that needs no work any more is no load."""
        self._load[user_id] += to_work_on
        self._agents[user_id].last_assigned_at = now()

    def _turn(self, user_id: UUID) -> tuple[int, datetime, UUID]:
        return self._load[user_id], self._agents[user_id].last_assigned_at or NEVER, user_id


def _locked(session: Session, users: list[UUID]) -> dict[UUID, Agent]:
    if not users:
        return {}
    missing = insert(Agent).values([{"user_id": user, "last_assigned_at": None} for user in users])
    session.execute(missing.on_conflict_do_nothing(index_elements=["user_id"]))
    agents = select(Agent).where(Agent.user_id.in_(users)).order_by(Agent.user_id).with_for_update()
    return {agent.user_id: agent for agent in session.scalars(agents)}


def _load(session: Session, users: list[UUID]) -> Counter[UUID]:
    in_work = Ticket.assignee_id.in_(users) & Ticket.state.in_(WORK_STATES)
    counts = select(Ticket.assignee_id, func.count()).where(in_work).group_by(Ticket.assignee_id)
    return Counter({user: count for user, count in session.execute(counts) if user is not None})

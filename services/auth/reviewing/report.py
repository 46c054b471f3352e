"""What a review asks: every role of every active person, who decides on it, and what speaks against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import Unauthenticated
from chassis.identity.caller import EVERYTHING, Reach
from chassis.ids import new_id
from services.auth.auditing.tables import permission_uses
from services.auth.auditing.watching import LOG_IN
from services.auth.models import Role, Team, User
from services.auth.reviewing.models import ACCOUNT, OPEN, ROLE

UNUSED_AFTER = timedelta(days=90)
MANAGES = "users:read"
"""Whoever has this with the reach of a team or a team tree answers for the people there."""

Uses = dict[tuple[UUID, str], datetime]


@dataclass(frozen=True)
class Managers:
    """Who answers for the people of each team: of its own members, and of teams above."""

    parents: dict[UUID, UUID | None]
    near: dict[UUID, list[UUID]]
    """Members who manage the team itself."""
    far: dict[UUID, list[UUID]]
    """Members who manage the teams below, too."""

    @classmethod
    def of(cls, session: Session, people: list[User]) -> "Managers":
        """As roles and teams are now."""
        parents = {row.id: row.parent_id for row in session.execute(select(Team.id, Team.parent_id))}
        near: dict[UUID, list[UUID]] = {}
        far: dict[UUID, list[UUID]] = {}
        for person in people:
            reach = _managing_reach(session, person.id)
            for team in person.teams if reach in (Reach.TEAM, Reach.TEAM_TREE) else ():
                near.setdefault(team, []).append(person.id)
                if reach is Reach.TEAM_TREE:
                    far.setdefault(team, []).append(person.id)
        return cls(parents, near, far)

    def of_person(self, person: User) -> UUID | None:
        """The nearest manager, going up from the main team; None if there is none."""
        team, managing = (person.teams[0] if person.teams else None), self.near
        while team is not None:
            others = [one for one in managing.get(team, ()) if one != person.id]
            if others:
                return min(others)
            team, managing = self.parents.get(team), self.far
        return None


def lines(session: Session, review_id: UUID) -> Iterator[dict[str, Any]]:
    """The rows of a new review."""
    people = list(session.scalars(select(User).where(User.active).order_by(User.id)))
    roles = {role.id: role for role in session.scalars(select(Role))}
    managers, uses = Managers.of(session, people), _uses(session)
    for person in people:
        about = _about(review_id, person, managers.of_person(person), uses)
        if about["stale"]:
            yield {**about, "id": new_id(), "kind": ACCOUNT, "role_id": None, "permissions": {}, "unused": []}
        for role in (roles[one] for one in person.roles if one in roles):
            told = {"permissions": role.permissions, "unused": unused(person, role, uses)}
            yield {**about, **told, "id": new_id(), "kind": ROLE, "role_id": role.id}


def unused(person: User, role: Role, uses: Uses) -> list[str]:
    """The permissions of a role that somebody has not made use of for 90 days; of a new account nothing is said."""
    since = now() - UNUSED_AFTER
    if person.created_at > since:
        return []
    idle = (one for one in role.permissions if uses.get((person.id, one), person.created_at) < since)
    return sorted(one for one in idle if one != EVERYTHING)


def _about(review_id: UUID, person: User, reviewer: UUID | None, uses: Uses) -> dict[str, Any]:
    last = uses.get((person.id, LOG_IN))
    at = now()
    return {
        "review_id": review_id,
        "reviewer_id": reviewer,
        "user_id": person.id,
        "last_log_in": last,
        "stale": (last or person.created_at) < at - UNUSED_AFTER,
        "decision": OPEN,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }


def _managing_reach(session: Session, user_id: UUID) -> Reach | None:
    try:
        return directory_of(session).caller(user_id).reach(MANAGES)
    except Unauthenticated:
        return None


def _uses(session: Session) -> Uses:
    rows = session.execute(select(permission_uses))
    return {(row.user_id, row.permission): row.last_used_at for row in rows}

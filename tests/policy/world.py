"""A service with people of every built-in role and, for each of them, records of every relation to him."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.ids import new_id
from chassis.testing.tested import Person, TestAnswer, TestedService
from services.auth.built_in_roles import BUILT_IN_ROLES, BUILT_IN_RULES
from tests.policy.rules import ROLES

WRITTEN_APART = ("audit", "reads", "directory", "directory_state", "alembic_version")
"""Tables that note refusals, or are none of the caller's business."""


class Undone:
    """A database whose transactions come to nothing in the end, so that each request meets the same records."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reading = database.reading

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is rolled back whatever happens."""
        with Session(self._database.engine, expire_on_commit=False) as session:
            transaction = session.begin()
            yield session
            session.flush()
            transaction.rollback()


@dataclass(frozen=True)
class Team:
    """Where the people of the world belong: east has a team below it, west is somewhere else."""

    east: UUID
    below: UUID
    west: UUID


class World:
    """The people, and calls on their behalf."""

    def __init__(self, service: TestedService) -> None:
        self.service = service
        region = service.team("Region")
        east = service.team("East", parent=region)
        self.teams = Team(east, service.team("Below", parent=east), service.team("West", parent=region))
        self.admin = service.stepped_up(service.person("Admin", {"*": "all"}, [self.teams.west]))
        everything = {"*": "all"}
        self.people = {
            "team": service.person("Colleague", everything, [self.teams.east]),
            "below": service.person("Junior", everything, [self.teams.below]),
            "stranger": service.person("Stranger", everything, [self.teams.west]),
        }
        self.of_role = {role: self._person(role) for role in ROLES}

    def _person(self, role: str) -> Person:
        rules = BUILT_IN_RULES.get(role, {})
        return self.service.stepped_up(
            self.service.person(role, BUILT_IN_ROLES[role], [self.teams.east], field_rules=rules)
        )

    def owner(self, role: str, relation: str) -> Any:
        """Whose the record of this relation is; nobody's in the pool."""
        if relation == "pool":
            return None
        return self.of_role[role] if relation == "own" else self.people.get(relation, self.people["stranger"])

    def refresh(self, role: str) -> None:
        """Let the person know what has been shared with him."""
        self.service.directory.refresh()

    def done(self, operation: str, who: Person, **arguments: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.service.call(operation, who, **arguments)
        assert answer.status < 400, (operation, answer.body)
        return answer.body

    def tried(self, operation: str, who: Person, *, undone: bool, **arguments: Any) -> TestAnswer:
        """The answer to a request; what it changes is undone if that is said."""
        unit = self.service._units[operation]
        database: Any = unit._database
        if undone:
            unit._database = Undone(database)  # type: ignore[assignment]  # it has what the unit needs
        try:
            return self.service.call(operation, who, **arguments)
        finally:
            unit._database = database

    def rows(self) -> dict[str, str]:
        """All rows of all tables but those that note refusals, each table as one digest."""
        with self.service.database.reading() as session:
            listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            tables = [name for name in session.scalars(text(listed)) if not name.startswith(WRITTEN_APART)]
            parts = [
                f"SELECT '{name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS rows FROM {name} t"
                for name in tables
            ]
            return {row.name: row.rows for row in session.execute(text(" UNION ALL ".join(parts)))}

    def share_event(self, event: Any, resource: str, record_id: Any, grantee: Person, *, may_change: bool) -> None:
        """Deliver what the owner of a record tells of a share."""
        from chassis.clock import now

        self.service.deliver(
            event(
                aggregate_id=new_id(),
                version=1,
                resource=resource,
                record_id=record_id,
                grantee_kind="user",
                grantee_id=grantee.id,
                may_change=may_change,
                expires_at=None,
                by=self.admin.id,
                at=now(),
                ended_at=None,
            )
        )

"""What each row of an upload would make of the people and teams that are here: the same for a dry run and in earnest.

Everything is decided in memory on what was read at the beginning and what earlier rows have added; who calls it holds
the lock on identity changes, or only wants to know.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.events import encode
from chassis.ids import new_id
from services.auth.addresses import LONGEST, email_for, is_email
from services.auth.models import ImportedRow, Membership, Team, User, search_key

LONGEST_NAME = 100

CREATED, SKIPPED, REJECTED = "created", "skipped", "rejected"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a row asks for; an empty text where it does not say."""

    name: str
    email: str = ""
    team: str = ""
    manager: str = ""
    parent_team: str = ""

    @property
    def digest(self) -> str:
        """The same for the same wish in another file."""
        return _digest(self.name, self.email, self.team, self.manager, self.parent_team)

    @property
    def manager_digest(self) -> str:
        """The same for every row that asks for this manager in this place."""
        return _digest("manager", self.manager, self.team, self.parent_team)


@dataclass(frozen=True, kw_only=True)
class NewTeam:
    """A team to be added."""

    id: UUID
    name: str
    parent_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """A person to be added."""

    id: UUID
    name: str
    email: str
    has_mailbox: bool
    """Whether the address was given; others are made and nobody reads what is sent there."""
    team_id: UUID | None
    leads: bool
    digest: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of a row, and what is added for it; teams come before their people, managers before theirs."""

    status: str
    code: str
    message: str = ""
    teams: Sequence[NewTeam] = ()
    manager: NewPerson | None = None
    person: NewPerson | None = None


class Rejected(Exception):
    """The row cannot be taken; ``code`` for programs and the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Roll:
    """Who is named in the whole file: managers with a row of their own come in by that row."""

    named: frozenset[str]
    leading: frozenset[str]

    @classmethod
    def of(cls, wishes: Iterable[Wish]) -> "Roll":
        """The roll of a file."""
        rows = list(wishes)
        return cls(
            named=frozenset(search_key(wish.name) for wish in rows),
            leading=frozenset(search_key(wish.manager) for wish in rows if wish.manager),
        )


@dataclass(kw_only=True)
class Roster:
    """People and teams as they are, and as earlier rows have left them."""

    roll: Roll
    email_domain: str | None
    imported: set[str]
    emails: set[str]
    teams: dict[tuple[UUID | None, str], UUID]
    people: dict[tuple[UUID | None, str], UUID]
    """By main or further team (None for people in no team) and name."""
    names: set[str]
    _new_teams: list[NewTeam] = field(default_factory=list)

    @classmethod
    def read(cls, session: Session, wishes: Sequence[Wish], roll: Roll, email_domain: str | None) -> "Roster":
        """What is here now that concerns these rows."""
        digests = {wish.digest for wish in wishes} | {wish.manager_digest for wish in wishes}
        known = select(ImportedRow.digest).where(ImportedRow.digest.in_(digests))
        teams = session.execute(select(Team.parent_id, Team.name, Team.id))
        people = select(Membership.team_id, User.name_key, User.id, User.email_key)
        rows = session.execute(people.join_from(User, Membership, isouter=True)).all()
        return cls(
            roll=roll,
            email_domain=email_domain,
            imported=set(session.scalars(known)),
            emails={row.email_key for row in rows},
            teams={(parent_id, name): team_id for parent_id, name, team_id in teams},
            people={(row.team_id, row.name_key): row.id for row in rows},
            names={row.name_key for row in rows},
        )

    def settle(self, wish: Wish) -> Outcome:
        """Decide on a row, and remember what it adds."""
        self._new_teams = []
        try:
            _require_sound(wish)
            return self._settle(wish)
        except Rejected as rejected:
            self._forget_new_teams()
            return Outcome(status=REJECTED, code=rejected.code, message=str(rejected))

    def _settle(self, wish: Wish) -> Outcome:
        if wish.digest in self.imported:
            return Outcome(status=SKIPPED, code="imported-before", message="This row was imported before")
        if wish.email and search_key(wish.email) in self.emails:
            return Outcome(status=SKIPPED, code="email-exists", message="There is an account with this e-mail address")
        team = self._team_of(wish)
        if not wish.email and (team, search_key(wish.name)) in self.people:
            self._forget_new_teams()
            return Outcome(status=SKIPPED, code="in-team-already", message="The team has a person of this name")
        remarks = self._remarks(wish)
        manager = self._manager_of(wish, team)
        leads = search_key(wish.name) in self.roll.leading
        person = self._add(wish.name, wish.email, team, leads=leads, digest=wish.digest)
        return Outcome(
            status=CREATED,
            code="created",
            message=". ".join([*remarks, *self._remarks_on(manager)]),
            teams=tuple(self._new_teams),
            manager=manager,
            person=person,
        )

    def _team_of(self, wish: Wish) -> UUID | None:
        """The team that the row puts its person into; adds what is missing."""
        parent = self._team(wish.parent_team, None) if wish.parent_team else None
        leads = search_key(wish.name) in self.roll.leading
        name = wish.team or (wish.name if leads else wish.manager)
        return self._team(name, parent) if name else parent

    def _team(self, name: str, parent: UUID | None) -> UUID:
        known = self.teams.get((parent, name))
        if known is None and parent is None:
            known = self._only_team_called(name)
        if known is None:
            added = NewTeam(id=new_id(), name=name, parent_id=parent)
            self.teams[parent, name] = known = added.id
            self._new_teams.append(added)
        return known

    def _only_team_called(self, name: str) -> UUID | None:
        """A team anywhere in the tree, where the row does not say below which."""
        called = [team for (_, other), team in self.teams.items() if other == name]
        if len(called) > 1:
            raise Rejected("team-ambiguous", f"There are {len(called)} teams called {name}")
        return called[0] if called else None

    def _manager_of(self, wish: Wish, team: UUID | None) -> NewPerson | None:
        """The manager to be added with the row; None if he is here, was imported before or has a row of his own."""
        key = search_key(wish.manager)
        if not key or key in self.roll.named or (team, key) in self.people or wish.manager_digest in self.imported:
            return None
        return self._add(wish.manager, "", team, leads=True, digest=wish.manager_digest)

    def _add(self, name: str, email: str, team: UUID | None, *, leads: bool, digest: str) -> NewPerson:
        address = email or self._made_email(name)
        person = NewPerson(
            id=new_id(), name=name, email=address, has_mailbox=bool(email), team_id=team, leads=leads, digest=digest
        )
        self.emails.add(search_key(address))
        self.people[team, search_key(name)] = person.id
        self.names.add(search_key(name))
        self.imported.add(digest)
        return person

    def _made_email(self, name: str) -> str:
        if self.email_domain is None:
            raise Rejected("email-missing", f"There is no e-mail address for {name}, and no email_domain to make one")
        return email_for(name, self.email_domain, lambda email: search_key(email) in self.emails)

    def _remarks(self, wish: Wish) -> list[str]:
        """What the importer had better know before he does it in earnest."""
        remarks = [f"New team: {team.name}" for team in self._new_teams]
        if search_key(wish.name) in self.names:
            remarks.append("Warning: there is a person of this name elsewhere; this makes a second account")
        if not wish.email:
            remarks.append("Warning: no e-mail address given; one is made from the name")
        return remarks

    def _remarks_on(self, manager: NewPerson | None) -> list[str]:
        return [f"New manager: {manager.name}"] if manager else []

    def _forget_new_teams(self) -> None:
        """A row that is not taken adds no team either."""
        for team in self._new_teams:
            self.teams.pop((team.parent_id, team.name), None)


def _require_sound(wish: Wish) -> None:
    if not wish.name:
        raise Rejected("name-missing", "The row has no name")
    if max(map(len, (wish.name, wish.team, wish.manager, wish.parent_team))) > LONGEST_NAME:
        raise Rejected("too-long", f"Names may have {LONGEST_NAME} characters")
    if wish.email and not is_email(wish.email):
        raise Rejected("email-invalid", f"Not an e-mail address of at most {LONGEST} characters")


def _digest(*parts: str) -> str:
    return hashlib.sha256(encode([search_key(part) for part in parts])).hexdigest()

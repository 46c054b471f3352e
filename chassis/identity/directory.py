"""The directory: a replica of auth's people, teams, roles, keys and ended sessions in each service's database.

The event handler writes it; each process keeps a snapshot in memory and reads what has changed a few times a second.
"""

import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, String, Table, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import Database, affected, chassis_metadata
from chassis.errors import Unauthenticated, Unavailable
from chassis.events import Event
from chassis.identity import api_keys
from chassis.identity.api_keys import KeyRing
from chassis.identity.caller import Caller, Reach, administers
from chassis.identity.policy import NO_LIMITS, FieldRules
from chassis.identity.tokens import LIFETIME_SECONDS, TokenVerifier

REFRESH_SECONDS = 0.25
MANY_ENDED_SESSIONS = 10_000
ENDED_SESSIONS_KEPT_FOR = timedelta(days=1)

GRANTEE = "grantee"
"""The kind of what is not auth's but the service's own: with whom records are shared."""
NOTHING_SHARED: dict[str, list[str]] = {"resources": []}

directory = Table(
    "directory",
    chassis_metadata,
    Column("kind", String(20), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("changed", BigInteger, nullable=False, index=True),
)

directory_state = Table(
    "directory_state",
    chassis_metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("changes", BigInteger, nullable=False, server_default="0"),
)
"""A counter behind a row lock, so that ``directory.changed`` grows in the order of the commits."""


def keep(session: Session, event: Event) -> None:
    """Take over the state that an identity event carries, unless a newer one is here already."""
    row = insert(directory).values(
        kind=event.aggregate,
        id=str(event.aggregate_id),
        version=event.version,
        state=event.payload(),
        changed=_next_change(session),
    )
    newer = {name: row.excluded[name] for name in ("version", "state", "changed")}
    session.execute(
        row.on_conflict_do_update(
            index_elements=["kind", "id"], set_=newer, where=directory.c.version < row.excluded.version
        )
    )


def note_grantee(session: Session, grantee_id: UUID, resource: str) -> None:
    """Note that records of the resource are shared with a person or a team; it is known soon after, and never unlearnt.

    So nobody else pays for the shares in his queries. As with ``keep``, call it last in a transaction.
    """
    known = select(directory.c.state).where(directory.c.kind == GRANTEE, directory.c.id == str(grantee_id))
    if resource in (session.scalar(known) or NOTHING_SHARED)["resources"]:
        return
    change = _next_change(session)
    resources = {*(session.scalar(known) or NOTHING_SHARED)["resources"], resource}
    row = insert(directory).values(
        kind=GRANTEE, id=str(grantee_id), version=1, state={"resources": sorted(resources)}, changed=change
    )
    newer = {"state": row.excluded.state, "changed": row.excluded.changed}
    session.execute(row.on_conflict_do_update(index_elements=["kind", "id"], set_=newer))


def is_there(session: Session, kind: str, record_id: UUID) -> bool:
    """Whether there is such an active user, or such a team; his row is locked until the transaction has ended."""
    this = select(directory.c.state).where(directory.c.kind == kind, directory.c.id == str(record_id))
    state = session.scalar(this.with_for_update()) or {"removed": True}
    return state.get("active", True) and not state.get("removed", False)


def _next_change(session: Session) -> int | None:
    """Count a change, and let others that change the directory wait for the end of this transaction."""
    counter = update(directory_state).values(changes=directory_state.c.changes + 1)
    return session.scalar(counter.returning(directory_state.c.changes))


def is_empty(session: Session) -> bool:
    """Whether nothing has been heard of auth yet, so that nobody can be let in."""
    keys = select(func.count()).select_from(directory).where(directory.c.kind == "signing_key")
    return session.scalar(keys) == 0


def forget_old(session: Session) -> int:
    """Delete sessions that ended more than a day ago: no token of theirs is good any more. Returns how many."""
    ended_at = cast(directory.c.state["ended_at"].astext, DateTime(timezone=True))
    old = (directory.c.kind == "session") & (ended_at < now() - ENDED_SESSIONS_KEPT_FOR)
    return affected(session, delete(directory).where(old))


class Directory:
    """The snapshot in memory: turns tokens into callers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seen = 0
        self._users: dict[str, dict[str, Any]] = {}
        self._teams: dict[str, dict[str, Any]] = {}
        self._roles: dict[str, dict[str, Any]] = {}
        self._grantees: dict[str, dict[str, Any]] = {}
        self._ended: dict[str, datetime] = {}
        self._keys: dict[str, dict[str, Any]] = {}
        self._look_for_keys_at = 0.0
        self._api_keys = KeyRing()
        self._callers: dict[tuple[UUID, UUID, int | None], Caller] = {}
        self._verifier = TokenVerifier(self._published_keys)

    def refresh(self) -> bool:
        """Read what has changed since the last time; True if anything has."""
        with self._lock, self._database.reading() as session:
            changed = select(directory).where(directory.c.changed > self._seen).order_by(directory.c.changed)
            rows = session.execute(changed).all()
            for row in rows:
                self._take(row.kind, row.id, row.state)
                self._seen = row.changed
            if rows:
                self._callers = {}
                self._forget_old_sessions()
            return bool(rows)

    def authenticate(self, token: str | None) -> Caller:
        """The caller behind a token; raises Unauthenticated, or Unavailable if he is too new to be known here."""
        if not token:
            raise Unauthenticated
        if api_keys.is_api_key(token):
            shown = self._api_keys.shown(token)
            return self._callers.get((shown.owner_id, shown.id, None)) or self._new_caller(shown.owner_id, shown.id)
        claims = self._verifier.verify(token)
        if str(claims.session) in self._ended:
            raise Unauthenticated("The session has ended")
        caller = self._callers.get((claims.subject, claims.session, claims.stepped_up_at))
        return caller or self._new_caller(claims.subject, claims.session, claims.stepped_up_at)

    def caller(self, user_id: UUID, session_id: UUID | None = None, *, stepped_up_at: int | None = None) -> Caller:
        """An active person as a caller, for work that goes on after the request; raises Unauthenticated.

        If an API key stands in the place of the session, the caller has the rights of the key.
        """
        key = self._api_keys.named(session_id)
        if str(user_id) not in self._users:
            self.refresh()
        user = self._users.get(str(user_id))
        if user is None or not user["active"]:
            raise Unauthenticated("The account is not active")
        person = Caller(
            user_id=user_id,
            session_id=session_id,
            name=user["name"],
            teams=tuple(UUID(team) for team in user["teams"]),
            team_tree=frozenset(UUID(team) for team in self._tree(user["teams"])),
            teams_above=frozenset(one for team in user["teams"] for one in self.path_up(UUID(team))),
            roles=frozenset(UUID(role) for role in user["roles"]),
            shared=self._shared([str(user_id), *user["teams"]]),
            permissions=self._permissions(user["roles"]),
            stepped_up_at=stepped_up_at,
            field_rules=self._field_rules(user["roles"]),
        )
        if key is None:
            return person
        return api_keys.narrowed(person, self._permissions([key.role_id]), self._field_rules([key.role_id]))

    def team_members(self, team_id: UUID) -> list[UUID]:
        """The active people of one team (not of the teams below it), by id."""
        members = (key for key, user in list(self._users.items()) if user["active"] and str(team_id) in user["teams"])
        return sorted(UUID(member) for member in members)

    def active_people(self) -> list[UUID]:
        """Everybody with an open account, by id."""
        return sorted(UUID(key) for key, user in list(self._users.items()) if user["active"])

    def path_up(self, team_id: UUID | None) -> list[UUID]:
        """The team, the one above it, and so on to the top."""
        path: list[UUID] = []
        while team_id is not None and team_id not in path:
            path.append(team_id)
            above = self._teams.get(str(team_id), {"parent_id": None})["parent_id"]
            team_id = above and UUID(above)
        return path

    def has_team(self, team_id: UUID) -> bool:
        """Whether there is such a team."""
        return str(team_id) in self._teams

    def has_role(self, role_id: UUID) -> bool:
        """Whether there is such a role."""
        return str(role_id) in self._roles

    def team_name(self, team_id: UUID) -> str | None:
        """The name of a team, None for one that nobody knows."""
        team = self._teams.get(str(team_id))
        return str(team["name"]) if team else None

    def names(self) -> dict[UUID, str]:
        """Everybody's name, also of those who have left, by user id."""
        return {UUID(key): user["name"] for key, user in list(self._users.items())}

    def team_of(self, user_id: UUID) -> UUID | None:
        """The main team of a person, None for nobody known or without a team."""
        user = self._users.get(str(user_id))
        return UUID(user["teams"][0]) if user and user["teams"] else None

    def has_ended(self, session_id: UUID) -> bool:
        """Whether a log-in session, or the API key in its place, is over."""
        return str(session_id) in self._ended or self._api_keys.has_ended(session_id)

    def is_active(self, user_id: UUID) -> bool:
        """Whether there is such a person with an open account."""
        user = self._users.get(str(user_id))
        return bool(user and user["active"])

    def _new_caller(self, user_id: UUID, session_id: UUID, stepped_up_at: int | None = None) -> Caller:
        if str(user_id) not in self._users:
            self.refresh()
        if str(user_id) not in self._users:
            raise Unavailable("Your account is not known here yet", retry_after=1)
        caller = self.caller(user_id, session_id, stepped_up_at=stepped_up_at)
        self._callers[user_id, session_id, stepped_up_at] = caller
        return caller

    def _published_keys(self) -> dict[str, Any]:
        """The good keys; asked for when a token names another, which may have come since it was last looked."""
        if time.monotonic() >= self._look_for_keys_at:
            self._look_for_keys_at = time.monotonic() + REFRESH_SECONDS
            self.refresh()
        return {"keys": list(self._keys.values())}

    def _take(self, kind: str, key: str, state: dict[str, Any]) -> None:
        gone = state.get("removed", False)
        if kind == "session":
            self._ended[key] = datetime.fromisoformat(state["ended_at"])
        elif kind == "signing_key":
            _keep_or_drop(self._keys, key, state["jwk"], gone=not state["active"])
            self._verifier.forget()
        elif kind == "api_key":
            self._api_keys.take(key, state)
        else:
            store = {"user": self._users, "team": self._teams, "role": self._roles, GRANTEE: self._grantees}[kind]
            _keep_or_drop(store, key, state, gone=gone)

    def _forget_old_sessions(self) -> None:
        """A session that ended longer ago than a token lives needs no remembering."""
        if len(self._ended) > MANY_ENDED_SESSIONS:
            oldest = now() - 2 * timedelta(seconds=LIFETIME_SECONDS)
            self._ended = {key: ended for key, ended in self._ended.items() if ended > oldest}

    def _tree(self, roots: Iterable[str]) -> set[str]:
        below: dict[str | None, list[str]] = {}
        for key, team in list(self._teams.items()):
            below.setdefault(team["parent_id"], []).append(key)
        reached, ahead = set(), list(roots)
        while ahead:
            team_id = ahead.pop()
            if team_id not in reached:
                reached.add(team_id)
                ahead += below.get(team_id, [])
        return reached

    def _shared(self, grantees: list[str]) -> frozenset[str]:
        found = (self._grantees.get(grantee, NOTHING_SHARED)["resources"] for grantee in grantees)
        return frozenset(resource for resources in found for resource in resources)

    def _permissions(self, roles: Iterable[str]) -> dict[str, Reach]:
        permissions: dict[str, Reach] = {}
        for role in roles:
            for permission, name in self._roles.get(role, {"permissions": {}})["permissions"].items():
                permissions[permission] = max(Reach.named(name), permissions.get(permission, Reach.SHARED))
        return permissions

    def _field_rules(self, roles: Iterable[str]) -> FieldRules:
        """What the roles say about fields; nothing narrows the view of who may do everything everywhere."""
        known = [self._roles[role] for role in roles if role in self._roles]
        if any(administers(role["permissions"]) for role in known):
            return NO_LIMITS
        return FieldRules.of_roles(role.get("field_rules", {}) for role in known)


def _keep_or_drop(store: dict[str, dict[str, Any]], key: str, state: dict[str, Any], *, gone: bool) -> None:
    if gone:
        store.pop(key, None)
    else:
        store[key] = state

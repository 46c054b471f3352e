"""The entities of identity: people, teams, roles, log-in sessions and signing keys."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.clock import now
from chassis.database import Identified, Versioned, declarative_base
from chassis.identity.caller import administers
from chassis.ids import new_id
from contracts.auth import ROLES, TEAMS, USERS

NO_PASSWORD = ""
"""Instead of a hash: fits no password."""

LANGUAGES = ("zh", "en")

Base: Any = declarative_base()


def search_key(words: str) -> str:
    """The form in which names and e-mail addresses are compared, whatever their case."""
    return words.strip().casefold()


class Membership(Base):
    """A person's place in a team; place 0 is the main team."""

    __tablename__ = "memberships"
    __resource__ = None
    __table_args__ = (Index("ix_memberships_team_id", "team_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    place: Mapped[int]


class Grant(Base):
    """A role that a person has."""

    __tablename__ = "grants"
    __resource__ = None
    __table_args__ = (Index("ix_grants_role_id", "role_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"), primary_key=True)


class User(Identified, Versioned, Base):
    """A person with an account."""

    __tablename__ = "users"
    __resource__ = USERS
    __table_args__: ClassVar[Any] = (
        Index("uq_users_email_key", "email_key", unique=True),
        Index("ix_users_email_prefix", "email_key", postgresql_ops={"email_key": "text_pattern_ops"}),
        Index("ix_users_name_prefix", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
        Index("ix_users_name_id", "name", "id"),
        Index("ix_users_email_id", "email", "id"),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index("ix_users_updated_at_id", "updated_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), default="zh")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    initial_since: Mapped[datetime | None]
    """Since when the password is one that somebody else has made or knows; null for his own."""
    memberships: Mapped[list[Membership]] = relationship(
        order_by=Membership.place, cascade="all, delete-orphan", lazy="selectin"
    )
    grants: Mapped[list[Grant]] = relationship(order_by=Grant.role_id, cascade="all, delete-orphan", lazy="selectin")

    @classmethod
    def of(
        cls,
        *,
        name: str,
        email: str,
        password_hash: str,
        language: str = "zh",
        teams: Iterable[UUID] = (),
        roles: Iterable[UUID] = (),
        id: UUID | None = None,
    ) -> "User":
        """A new person."""
        user = cls(
            id=id or new_id(), password_hash=password_hash, language=language, active=True, memberships=[], grants=[]
        )
        user.name, user.name_key = name, search_key(name)
        user.email, user.email_key = email, search_key(email)
        user._place_in(teams)
        user._give(roles)
        return user

    @property
    def teams(self) -> list[UUID]:
        """His teams, the main one first."""
        return [membership.team_id for membership in self.memberships]

    @property
    def roles(self) -> list[UUID]:
        """His roles."""
        return [grant.role_id for grant in self.grants]

    def change(
        self,
        *,
        name: str | None = None,
        email: str | None = None,
        language: str | None = None,
        active: bool | None = None,
        teams: Iterable[UUID] | None = None,
        roles: Iterable[UUID] | None = None,
    ) -> None:
        """Change what is given; the first of ``teams`` is the main one."""
        if name is not None:
            self.name, self.name_key = name, search_key(name)
        if email is not None:
            self.email, self.email_key = email, search_key(email)
        self.language = self.language if language is None else language
        self.active = self.active if active is None else active
        if teams is not None:
            self._place_in(teams)
        if roles is not None:
            self._give(roles)
        self.touch()

    def _place_in(self, teams: Iterable[UUID]) -> None:
        known = {membership.team_id: membership for membership in self.memberships}
        placed = [known.get(team) or Membership(team_id=team) for team in dict.fromkeys(teams)]
        for place, membership in enumerate(placed):
            membership.place = place
        self.memberships = placed

    def _give(self, roles: Iterable[UUID]) -> None:
        known = {grant.role_id: grant for grant in self.grants}
        self.grants = [known.get(role) or Grant(role_id=role) for role in dict.fromkeys(roles)]

    @property
    def has_password(self) -> bool:
        """Whether he can log in with one; who was invited has none until he chooses it."""
        return self.password_hash != NO_PASSWORD

    def set_password(self, password_hash: str) -> None:
        """Let him in with another password of his own from now on; nothing that others see changes."""
        self.password_hash, self.initial_since = password_hash, None

    def give_password(self, password_hash: str) -> None:
        """Let him in, for some days, with a password that somebody else has made."""
        self.password_hash, self.initial_since = password_hash, now()


class Team(Identified, Versioned, Base):
    """A team; below another or at the top of the tree."""

    __tablename__ = "teams"
    __resource__ = TEAMS
    __table_args__: ClassVar[Any] = (
        Index("uq_teams_parent_id_name", "parent_id", "name", unique=True),
        Index("uq_teams_top_name", "name", unique=True, postgresql_where=text("parent_id IS NULL")),
        Index("ix_teams_name_id", "name", "id"),
        Index("ix_teams_name_prefix", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
    )

    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"), default=None)

    @classmethod
    def of(cls, name: str, parent_id: UUID | None, id: UUID | None = None) -> "Team":
        """A new team."""
        return cls(id=id or new_id(), name=name, name_key=search_key(name), parent_id=parent_id)

    def change(self, *, name: str, parent_id: UUID | None) -> None:
        """Rename the team, or hang it below another; the caller has made sure that the tree stays a tree."""
        self.name, self.name_key, self.parent_id = name, search_key(name), parent_id
        self.touch()


class Role(Identified, Versioned, Base):
    """A set of permissions and field rules under a name; a built-in one belongs to the suite and can be reset."""

    __tablename__ = "roles"
    __resource__ = ROLES
    __table_args__ = (Index("uq_roles_name", "name", unique=True),)

    name: Mapped[str] = mapped_column(String(100))
    built_in: Mapped[bool] = mapped_column(Boolean, default=False)
    customised: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether a built-in one was changed here, so that a new version of the suite leaves it as it is."""
    permissions: Mapped[dict[str, str]] = mapped_column(JSONB)
    field_rules: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSONB, default=dict)
    """By resource and field: an access, or one for ``own`` records and one for those of ``others``."""

    def change(self, *, name: str, permissions: Mapping[str, str], field_rules: Mapping[str, dict[str, Any]]) -> None:
        """Give the role another name, other permissions or other field rules."""
        self.name, self.permissions, self.field_rules = name, dict(permissions), dict(field_rules)
        self.customised = self.built_in
        self.touch()

    def reset(self, *, permissions: Mapping[str, str], field_rules: Mapping[str, dict[str, Any]]) -> None:
        """Make a built-in role what it is in this version of the suite."""
        self.permissions, self.field_rules, self.customised = dict(permissions), dict(field_rules), False
        self.touch()

    @property
    def administers(self) -> bool:
        """Whether it permits everything everywhere."""
        return administers(self.permissions)


class LoginSession(Identified, Base):
    """A person's log-in on one device, from the password to the log-out; kept alive by refresh tokens."""

    __tablename__ = "login_sessions"
    __resource__ = None
    __table_args__ = (
        Index("ix_login_sessions_live", "user_id", "created_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_login_sessions_expires_at", "expires_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    remote_addr: Mapped[str | None] = mapped_column(String(45))
    stepped_up_at: Mapped[datetime | None]

    @classmethod
    def begin(cls, user_id: UUID, remote_addr: str | None, limit: timedelta) -> "LoginSession":
        """A session that starts now."""
        return cls(id=new_id(), user_id=user_id, expires_at=now() + limit, remote_addr=remote_addr)

    def live(self, *, idle: timedelta, absolute: timedelta) -> bool:
        """Whether it can still be used: neither ended, nor idle or alive for too long by the present limits."""
        end = min(self.expires_at, self.created_at + absolute, self.last_used_at + idle)
        return self.ended_at is None and now() < end

    def use(self) -> None:
        """Note that the person is still there."""
        self.last_used_at = now()

    def step_up(self) -> None:
        """Note that the person has just proved once more that it is he."""
        self.stepped_up_at = self.last_used_at = now()

    def end(self) -> None:
        """End the session for good."""
        self.ended_at = now()


class RefreshToken(Base):
    """A token that can be changed once for a new pair of tokens; only its hash (SHA-256) is kept."""

    __tablename__ = "refresh_tokens"
    __resource__ = None
    __table_args__ = (Index("ix_refresh_tokens_session_id", "session_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_sessions.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    def use(self) -> None:
        """Spend the token."""
        self.used_at = now()


class FailedLogins(Base):
    """How often an attempt of one kind has failed lately; the key is a keyed hash of whose it was and from where."""

    __tablename__ = "failed_logins"
    __resource__ = None
    __table_args__ = (Index("ix_failed_logins_since", "since"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime]
    """When it last failed."""
    blocked_until: Mapped[datetime | None]

    def fail(self, at: datetime, wait_after: Callable[[int], timedelta], forgotten_after: timedelta) -> None:
        """Count one more failure, from which the next attempt may have to wait."""
        self.failures = 1 if self.since < at - forgotten_after else self.failures + 1
        self.since, self.blocked_until = at, at + wait_after(self.failures)


class KeyState(StrEnum):
    """The life of a signing key, in this order."""

    NEXT = "next"
    """Published, so that everybody knows it before the first token comes."""
    ACTIVE = "active"
    """Signs, and verifies."""
    RETIRING = "retiring"
    """Signs no more; verifies until the last token of it has expired."""
    GONE = "gone"
    """Verifies nothing; its private part is deleted."""


class SigningKey(Identified, Base):
    """A key that access tokens are signed with; its private part is sealed with the service's SECRET_KEY."""

    __tablename__ = "signing_keys"
    __resource__ = None
    __table_args__ = (
        Index("uq_signing_keys_kid", "kid", unique=True),
        Index("uq_signing_keys_next", "state", unique=True, postgresql_where=text("state = 'next'")),
        Index("uq_signing_keys_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    version: Mapped[int] = mapped_column(Integer, default=1)
    kid: Mapped[str] = mapped_column(String(64))
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed_private: Mapped[bytes] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether tokens of it are good: published, and not gone."""
    state: Mapped[str] = mapped_column(String(10), default=KeyState.NEXT)
    created_at: Mapped[datetime] = mapped_column(default=now)
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    def activate(self) -> None:
        """Sign with it from now on."""
        self.state, self.activated_at = KeyState.ACTIVE, now()

    def retire(self) -> None:
        """Sign with another one from now on; what it has signed stays good."""
        self.state, self.retired_at = KeyState.RETIRING, now()

    def withdraw(self) -> None:
        """Refuse its tokens from now on, and never sign again."""
        self.state, self.active, self.sealed_private = KeyState.GONE, False, b""
        self.version += 1


class ImportedRow(Base):
    """A row of an upload that became an account, so that the same file again makes none."""

    __tablename__ = "imported_rows"
    __resource__ = None

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    imported_at: Mapped[datetime] = mapped_column(default=now)


class DirectoryPublication(Base):
    """When the whole directory was last told, in one row."""

    __tablename__ = "directory_publications"
    __resource__ = None

    only_row: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    published_at: Mapped[datetime]

"""The policy of the house, in one row."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.database import Versioned
from contracts.auth import AUTH_POLICY
from services.auth.models import Base, User

OPTIONAL, REQUIRED = CHOICES = ("optional", "required")


class AuthPolicy(Versioned, Base):
    """What logging in takes, and for how long it is good; a migration plants the one row."""

    __tablename__ = "auth_policy"
    __resource__ = AUTH_POLICY

    only_row: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    second_factor: Mapped[str] = mapped_column(String(10))
    second_factor_roles: Mapped[list[str]] = mapped_column(JSONB)
    """Roles that take a second factor, even if it is optional for others."""
    session_idle_hours: Mapped[int]
    session_absolute_hours: Mapped[int]
    initial_password_days: Mapped[int]
    changed_by: Mapped[UUID | None]

    @property
    def idle_limit(self) -> timedelta:
        """After so long without use a session is over."""
        return timedelta(hours=self.session_idle_hours)

    @property
    def absolute_limit(self) -> timedelta:
        """After so long a session is over in any case."""
        return timedelta(hours=self.session_absolute_hours)

    @property
    def wants_second_factors(self) -> bool:
        """Whether anybody has to have one."""
        return self.second_factor == REQUIRED or bool(self.second_factor_roles)

    def wants_second_factor_of(self, user: User) -> bool:
        """Whether this person has to have one."""
        return self.second_factor == REQUIRED or not set(self.second_factor_roles).isdisjoint(map(str, user.roles))

    def has_let_go_of(self, user: User) -> bool:
        """Whether the password that somebody else made for a person has become too old."""
        age = timedelta(days=self.initial_password_days)
        return user.initial_since is not None and now() >= user.initial_since + age

    def change(self, wanted: dict[str, Any], *, by: UUID) -> None:
        """Let another policy hold."""
        for name, value in wanted.items():
            setattr(self, name, value)
        self.changed_by = by
        self.touch()


def policy_of(session: Session) -> AuthPolicy:
    """The present policy of the house."""
    return session.get_one(AuthPolicy, True)  # the key of the one row

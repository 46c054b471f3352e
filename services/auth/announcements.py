"""What auth tells the other services about people, teams, roles, sessions and keys."""

from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.events import Event
from chassis.identity import directory
from chassis.identity.events import (
    RoleChanged,
    SessionEnded,
    SigningKeyChanged,
    TeamChanged,
    UserChanged,
)
from chassis.outbox import record
from services.auth.models import LoginSession, Role, SigningKey, Team, User


def user_changed(user: User) -> UserChanged:
    """The present state of a person."""
    return UserChanged(
        aggregate_id=user.id,
        version=user.version,
        name=user.name,
        active=user.active,
        teams=user.teams,
        roles=user.roles,
    )


def team_changed(team: Team, *, removed: bool = False) -> TeamChanged:
    """The present state of a team."""
    return TeamChanged(
        aggregate_id=team.id, version=team.version, name=team.name, parent_id=team.parent_id, removed=removed
    )


def role_changed(role: Role, *, removed: bool = False) -> RoleChanged:
    """The present state of a role."""
    return RoleChanged(
        aggregate_id=role.id,
        version=role.version,
        name=role.name,
        permissions=role.permissions,
        field_rules=role.field_rules,
        removed=removed,
    )


def session_ended(ended: LoginSession) -> SessionEnded:
    """The end of a session."""
    return SessionEnded(aggregate_id=ended.id, version=1, ended_at=ended.ended_at or now())


def key_changed(key: SigningKey) -> SigningKeyChanged:
    """The present state of a signing key."""
    return SigningKeyChanged(aggregate_id=key.id, version=key.version, jwk=key.public_jwk, active=key.active)


def announce(session: Session, *events: Event) -> None:
    """Record the events, and take them over into auth's own directory in the same transaction.

    So auth never decides by rights that it has itself changed already. Call it last in a transaction: it takes the
    lock on the directory, behind which nobody may want another one.
    """
    session.flush()
    record(session, *events)
    for event in events:
        directory.keep(session, event)

"""What auth tells the other services about people, teams, roles, sessions and keys."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.events import Event
from chassis.identity import directory
from chassis.identity.events import (
    ApiKeyChanged,
    RoleChanged,
    SessionEnded,
    SigningKeyChanged,
    TeamChanged,
    UserChanged,
)
from chassis.identity.tokens import LIFETIME_SECONDS
from chassis.outbox import record
from services.auth.api_keys.models import ApiKey
from services.auth.models import DirectoryPublication, LoginSession, Role, SigningKey, Team, User

PUBLISHED_AT_MOST_EVERY = timedelta(seconds=2)


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


def api_key_changed(key: ApiKey) -> ApiKeyChanged:
    """The present state of an API key."""
    return ApiKeyChanged(
        aggregate_id=key.id,
        version=key.version,
        owner_id=key.owner_id,
        role_id=key.role_id,
        hash=key.hash,
        expires_at=key.expires_at,
        removed=key.revoked_at is not None,
    )


def announce(session: Session, *events: Event) -> None:
    """Record the events, and take them over into auth's own directory in the same transaction.

    So auth never decides by rights that it has itself changed already. Call it last in a transaction: it takes the
    lock on the directory, behind which nobody may want another one.
    """
    session.flush()
    record(session, *events)
    for event in events:
        directory.keep(session, event)


def publish_directory(session: Session, _: None) -> None:
    """Tell the present state of everybody and everything once more, for a service that has just joined.

    Versions stay as they are, so whoever knows them skips the events. Asked again within two seconds it does nothing.
    """
    if _claims_publication(session):
        record(session, *_everything(session))


def _claims_publication(session: Session) -> bool:
    """Whether it is time to publish; of several transactions that ask at once only one hears yes."""
    row = insert(DirectoryPublication).values(only_row=True, published_at=now())
    due = DirectoryPublication.published_at < now() - PUBLISHED_AT_MOST_EVERY
    claimed = row.on_conflict_do_update(
        index_elements=["only_row"], set_={"published_at": row.excluded.published_at}, where=due
    )
    return session.scalar(claimed.returning(DirectoryPublication.only_row)) is not None


def _everything(session: Session) -> Iterator[Event]:
    """Keys first and people last, so that who can log in can also be let in."""
    yield from map(key_changed, session.scalars(select(SigningKey)))
    yield from map(role_changed, session.scalars(select(Role)))
    yield from map(team_changed, session.scalars(select(Team)))
    yield from map(user_changed, session.scalars(select(User)))
    yield from map(api_key_changed, session.scalars(select(ApiKey)))
    yield from map(session_ended, _lately_ended(session))


def _lately_ended(session: Session) -> Iterable[LoginSession]:
    """The sessions of which an access token may still be good."""
    since = now() - timedelta(seconds=LIFETIME_SECONDS)
    return session.scalars(select(LoginSession).where(LoginSession.ended_at > since))

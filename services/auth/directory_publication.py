"""Everything that the other services know of auth, told once more to one that has just joined."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.events import Event
from chassis.identity.tokens import LIFETIME_SECONDS
from chassis.outbox import record
from services.auth.announcements import key_changed, role_changed, session_ended, team_changed, user_changed
from services.auth.api_keys.models import ApiKey, api_key_changed
from services.auth.models import DirectoryPublication, LoginSession, Role, SigningKey, Team, User

PUBLISHED_AT_MOST_EVERY = timedelta(seconds=2)


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

"""How shares end: revoked, expired, or with the account or the team that they were for.

Queries leave out what has expired without waiting for the timer, which only makes the row and the replicas say so.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.identity import directory
from chassis.identity.events import RecordShared, TeamChanged, UserChanged
from chassis.sharing.table import shares, tell

TIMER = "share_expired"


def end(session: Session, event: type[RecordShared], which: ColumnElement[bool]) -> int:
    """End the shares that meet the condition, and tell of it. Returns how many."""
    ended = update(shares).where(which, shares.c.ended_at.is_(None))
    ended = ended.values(ended_at=now(), version=shares.c.version + 1).returning(shares)
    rows = [dict(row) for row in session.execute(ended).mappings()]
    tell(session, event, rows)
    return len(rows)


def expire(session: Session, event: type[RecordShared], share_id: UUID) -> None:
    """The time of a share is over, unless it has been given another."""
    end(session, event, and_(shares.c.id == share_id, shares.c.expires_at <= func.now()))


def notice_departure(
    session: Session, event: type[RecordShared], resource: str, departure: UserChanged | TeamChanged
) -> None:
    """End what is shared with somebody whose account was closed, or with a team that was removed.

    An account that was opened again in the meantime keeps what has been shared since.
    """
    gone = departure.removed if isinstance(departure, TeamChanged) else not departure.active
    if gone and not _came_back(session, departure):
        # Whoever shares something with him at this moment has done so before, or finds him gone.
        directory.keep(session, departure)
        end(session, event, and_(shares.c.grantee_id == departure.aggregate_id, shares.c.resource == resource))


def _came_back(session: Session, departure: UserChanged | TeamChanged) -> bool:
    known = directory.directory.c
    this = (known.kind == departure.aggregate) & (known.id == str(departure.aggregate_id))
    newest = session.execute(select(known.version, known.state).where(this)).one_or_none()
    return newest is not None and newest.version > departure.version and bool(newest.state.get("active"))

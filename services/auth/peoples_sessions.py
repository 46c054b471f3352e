"""What administrators see of other people's log-ins, and how they end them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.identity.caller import Caller
from services.auth.announcements import announce
from services.auth.authority import require_rights_over, visible_users
from services.auth.login_sessions import end_sessions, live_sessions
from services.auth.models import User
from services.auth.people import changeable


def find_sessions_of(session: Session, caller: Caller, user_id: UUID, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the places where somebody is logged in, newest first."""
    if session.scalar(select(User.id).where(User.id == user_id, visible_users(caller, "users:change"))) is None:
        raise NotFound
    return live_sessions(session, user_id, limit, cursor, current=caller.session_id)


def end_sessions_of(session: Session, caller: Caller, user_id: UUID) -> None:
    """Log somebody out everywhere.

    You cannot log out people who have more rights than you.
    """
    require_rights_over(session, caller, changeable(session, caller, user_id))
    announce(session, *end_sessions(session, user_id))


def end_session_of(session: Session, caller: Caller, user_id: UUID, session_id: UUID) -> None:
    """Log somebody out in one place."""
    require_rights_over(session, caller, changeable(session, caller, user_id))
    ended = end_sessions(session, user_id, only=session_id)
    if not ended:
        raise NotFound
    announce(session, *ended)

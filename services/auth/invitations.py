"""Letters that administrators have sent to people: an invitation, or a link to a new password."""

from uuid import UUID

from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from services.auth.authority import require_rights_over
from services.auth.errors import AccountClosed, HasNoPassword, HasPassword
from services.auth.letters import sending
from services.auth.letters.texts import Letter
from services.auth.models import User
from services.auth.people import changeable


def invite(session: Session, caller: Caller, user_id: UUID) -> dict[str, UUID]:
    """Send somebody who has no password yet an invitation, once more.

    Its link works once, within 72 hours; one that was sent before does not work any more. Look at the job to see
    whether the mail server has taken the letter.
    """
    user = _reachable(session, caller, user_id)
    if user.has_password:
        raise HasPassword
    return {"job_id": sending.order(session, caller, Letter.INVITATION, user.id)}


def send_password_link(session: Session, caller: Caller, user_id: UUID) -> dict[str, UUID]:
    """Send somebody a link to a new password, as if he had asked for it.

    His password works until he chooses another one. The link works once, within an hour.
    """
    user = _reachable(session, caller, user_id)
    if not user.has_password:
        raise HasNoPassword
    return {"job_id": sending.order(session, caller, Letter.NEW_PASSWORD, user.id)}


def _reachable(session: Session, caller: Caller, user_id: UUID) -> User:
    user = changeable(session, caller, user_id)
    require_rights_over(session, caller, user)
    if not user.active:
        raise AccountClosed
    return user

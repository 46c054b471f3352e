"""Helping somebody who has lost what he proves himself with."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from services.auth.announcements import announce
from services.auth.authority import one_at_a_time, require_rights_over, visible_users
from services.auth.login_sessions import end_sessions
from services.auth.models import User
from services.auth.signing_in.models import Passkey, RecoveryCode, TotpDevice


def remove_factors_of(session: Session, caller: Caller, user_id: UUID) -> None:
    """Take all second factors from somebody who has lost them, which ends his sessions."""
    one_at_a_time(session)
    wanted = select(User).where(User.id == user_id, visible_users(caller, "users:change")).with_for_update()
    user = session.scalar(wanted)
    if user is None:
        raise NotFound
    require_rights_over(session, caller, user)
    for factor in (TotpDevice, Passkey, RecoveryCode):
        session.execute(delete(factor).where(factor.user_id == user_id))
    audit.tell(session, factors="removed")
    announce(session, *end_sessions(session, user_id))

"""The one action when somebody leaves: his account is closed at once, all else follows."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import PersonLeft
from chassis.ids import new_id
from chassis.outbox import record
from services.auth.announcements import announce, user_changed
from services.auth.api_keys import commands as api_keys
from services.auth.authority import (
    one_at_a_time,
    require_administrator_left,
    require_rights_over,
    visible_users,
)
from services.auth.leaving.errors import CannotTakeOver, LeavesToAnother, LeavingOneself, StillTakingOver
from services.auth.leaving.models import Departure, DeparturePart
from services.auth.leaving.progress import JOB, SERVICES
from services.auth.letters import links
from services.auth.login_sessions import end_sessions
from services.auth.models import User

PERMISSION = "users:change"

OWN_JOBS = ("run_import", "run_audit_export")
"""What auth itself still does for him."""


def let_leave(session: Session, caller: Caller, user_id: UUID, hand_over_to: UUID) -> dict[str, UUID]:
    """Let somebody leave: close his account and hand everything he owns to somebody else.

    His sessions end, his API keys are revoked, and what is shared with him is taken back. Each service hands over what
    he owned there — customers, open follow-ups, tickets, campaigns — and ends his imports and exports. Look at the job,
    or at `GET /users/{user_id}/departure`, for progress; both tell at the end what he has exported in the last 30 days.
    The same request again starts nothing new.
    """
    one_at_a_time(session)
    user = session.scalar(select(User).where(User.id == user_id, visible_users(caller, PERMISSION)).with_for_update())
    if user is None:
        raise NotFound
    if (known := _known(session, user)) is not None:
        if known.hand_over_to != hand_over_to:
            raise LeavesToAnother
        return {"job_id": known.job_id}
    _check(session, caller, user, hand_over_to)
    return {"job_id": _begin(session, caller, user, hand_over_to).job_id}


def _known(session: Session, user: User) -> Departure | None:
    """The departure of somebody who has not come back since."""
    if user.active:
        return None
    latest = select(Departure).where(Departure.user_id == user.id).order_by(Departure.at.desc())
    return session.scalar(latest.limit(1))


def _check(session: Session, caller: Caller, user: User, hand_over_to: UUID) -> None:
    if user.id == caller.user_id:
        raise LeavingOneself
    require_rights_over(session, caller, user)
    able = select(User.id).where(User.id == hand_over_to, User.active, visible_users(caller, PERMISSION))
    if hand_over_to == user.id or session.scalar(able) is None:
        raise CannotTakeOver
    taking = select(Departure.id).where(Departure.hand_over_to == user.id, Departure.finished_at.is_(None))
    if session.scalar(taking.limit(1)):
        raise StillTakingOver


def _begin(session: Session, caller: Caller, user: User, hand_over_to: UUID) -> Departure:
    links.withdraw(session, user.id)
    user.change(active=False)
    require_administrator_left(session)
    ended = [*end_sessions(session, user.id), *api_keys.revoke_all(session, user.id)]
    jobs.end_those_of(session, user.id, OWN_JOBS)
    departure = Departure(id=new_id(), user_id=user.id, hand_over_to=hand_over_to, by=caller.user_id)
    departure.job_id = jobs.enqueue(session, caller, JOB, {"departure_id": departure.id})
    session.add(departure)
    session.flush()
    session.add_all(DeparturePart(departure_id=departure.id, service=service) for service in SERVICES)
    left = PersonLeft(
        aggregate_id=departure.id, version=1, user_id=user.id, hand_over_to=hand_over_to, by=caller.user_id
    )
    record(session, left)
    announce(session, user_changed(user), *ended)
    return departure

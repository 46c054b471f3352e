"""Beginning a review, deciding its lines, and reminding those who have not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.timers import DueTimer, set_timer
from services.auth.announcements import announce, user_changed
from services.auth.authority import one_at_a_time, require_administrator_left
from services.auth.letters import sending
from services.auth.letters.texts import Letter
from services.auth.locks import Lock, hold
from services.auth.login_sessions import end_sessions
from services.auth.models import User
from services.auth.reviewing import queries, report
from services.auth.reviewing.errors import ReviewUnderWay
from services.auth.reviewing.models import ACCOUNT, CONFIRMED, MOOT, OPEN, REVOKED, AccessReview, ReviewLine

REMIND_BEFORE = timedelta(days=7)
REMIND_EVERY = timedelta(days=7)
AT_A_TIME = 1_000


def begin_review(session: Session, caller: Caller, days: int) -> dict[str, Any]:
    """Begin an access review: every role of everybody, for his manager to confirm or to take away.

    The manager of a person is the nearest who may see the people of his team; lines of people without one are for
    those who review the audit trail. Accounts that nobody has logged in to for 90 days get a line of their own, and
    each line names the permissions that were not used for as long. Reviewers with open lines are reminded by mail, a
    week before the review is due and each week after.
    """
    hold(session, Lock.REVIEWS)
    if session.scalar(select(AccessReview.id).where(AccessReview.closed_at.is_(None)).limit(1)):
        raise ReviewUnderWay
    review = AccessReview(id=new_id(), started_by=caller.user_id, due_at=now() + timedelta(days=days), reminders=0)
    session.add(review)
    session.flush()
    rows = list(report.lines(session, review.id))
    for start in range(0, len(rows), AT_A_TIME):
        session.execute(insert(ReviewLine), rows[start : start + AT_A_TIME])
    audit.tell(session, lines=len(rows))
    set_timer(session, "remind_reviewers", str(review.id), max(now(), review.due_at - REMIND_BEFORE))
    return queries.review(session, review.id)


def confirm_line(session: Session, caller: Caller, line_id: UUID, remark: str | None) -> dict[str, Any]:
    """Confirm that somebody needs a right, or his account."""
    line = _decidable(session, caller, line_id)
    line.decide(CONFIRMED, caller.user_id, remark)
    return _decided(session, line)


def revoke_line(session: Session, caller: Caller, line_id: UUID, remark: str | None) -> dict[str, Any]:
    """Take a role away from somebody, or close an account that nobody uses.

    This holds at once, everywhere. The last administrator must stay.
    """
    one_at_a_time(session)
    line = _decidable(session, caller, line_id)
    user = session.scalars(select(User).where(User.id == line.user_id).with_for_update()).one()
    if not _still_stands(line, user):
        line.decide(MOOT, caller.user_id, remark)
        return _decided(session, line)
    line.decide(REVOKED, caller.user_id, remark)
    if line.kind == ACCOUNT:
        user.change(active=False)
    else:
        user.change(roles=[role for role in user.roles if role != line.role_id])
    require_administrator_left(session)
    ended = [] if user.active else end_sessions(session, user.id)
    told = _decided(session, line)
    announce(session, user_changed(user), *ended)
    return told


def remind_reviewers(session: Session, due: DueTimer) -> None:
    """Write to whoever has lines to decide, and again in a week, until the review is closed."""
    review = session.get(AccessReview, UUID(due.key), with_for_update=True)
    if review is None or review.closed_at is not None:
        return
    for reviewer in queries.reviewers_with_open_lines(session, review.id):
        sending.order(session, None, Letter.ACCESS_REVIEW, reviewer)
    review.reminders += 1
    set_timer(session, due.kind, due.key, now() + REMIND_EVERY)


def _decidable(session: Session, caller: Caller, line_id: UUID) -> ReviewLine:
    """A line that is the caller's to decide, locked; nobody decides on himself. Raises NotFound."""
    wanted = select(ReviewLine).where(ReviewLine.id == line_id, queries.decides(caller)).with_for_update()
    line = session.scalar(wanted)
    if line is None:
        raise NotFound
    return line


def _still_stands(line: ReviewLine, user: User) -> bool:
    return user.active and (line.kind == ACCOUNT or line.role_id in user.roles)


def _decided(session: Session, line: ReviewLine) -> dict[str, Any]:
    """The line as it is now; a review without open lines is closed."""
    session.flush()
    review = session.get_one(AccessReview, line.review_id, with_for_update=True)
    left = select(ReviewLine.id).where(ReviewLine.review_id == review.id, ReviewLine.decision == OPEN).limit(1)
    if review.closed_at is None and session.scalar(left) is None:
        review.closed_at = now()
    return queries.line(session, line.id)

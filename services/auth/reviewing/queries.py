"""Looking at reviews: how far they are, and their lines."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.paging import paged
from services.auth.models import Role, User
from services.auth.reviewing.models import OPEN, AccessReview, ReviewLine

READS, REVIEWS = "audit:read", "audit:review"

Rows = Select[*tuple[Any, ...]]


def find_reviews(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the access reviews, newest first, with how far they are."""
    order = AccessReview.created_at
    return paged(session, _reviews(), order=order, key=AccessReview.id, descending=True, limit=limit, cursor=cursor)


def get_review(session: Session, caller: Caller, review_id: UUID) -> dict[str, Any]:
    """Look at an access review: how far each manager is."""
    return review(session, review_id)


def find_lines(
    session: Session,
    caller: Caller,
    review_id: UUID,
    *,
    reviewer: UUID | None,
    open: bool | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the lines of an access review: who may see what, with what speaks against it.

    Managers see the lines that they decide on; who may read the audit trail sees all.
    """
    wanted = _lines().where(ReviewLine.review_id == review_id, _sees(caller))
    if reviewer is not None:
        wanted = wanted.where(ReviewLine.reviewer_id == reviewer)
    if open is not None:
        wanted = wanted.where(ReviewLine.decision == OPEN if open else ReviewLine.decision != OPEN)
    page = paged(session, wanted, order=ReviewLine.id, key=ReviewLine.id, descending=False, limit=limit, cursor=cursor)
    if not page["items"] and not _concerns(session, caller, review_id):
        raise NotFound
    return page


def review(session: Session, review_id: UUID) -> dict[str, Any]:
    """One review with the managers in it; raises NotFound."""
    found = dicts(session.execute(_reviews().where(AccessReview.id == review_id)))
    if not found:
        raise NotFound
    manager = aliased(User)
    per_manager = (
        select(
            ReviewLine.reviewer_id,
            manager.name.label("name"),
            func.count().label("lines"),
            func.count().filter(ReviewLine.decision == OPEN).label("open"),
        )
        .outerjoin(manager, manager.id == ReviewLine.reviewer_id)
        .where(ReviewLine.review_id == review_id)
        .group_by(ReviewLine.reviewer_id, manager.name)
        .order_by(manager.name, ReviewLine.reviewer_id)
    )
    return found[0] | {"managers": dicts(session.execute(per_manager))}


def line(session: Session, line_id: UUID) -> dict[str, Any]:
    """One line."""
    (found,) = dicts(session.execute(_lines().where(ReviewLine.id == line_id)))
    return found


def decides(caller: Caller) -> ColumnElement[bool]:
    """The condition under which the caller decides on a line: his people's, or anybody's, but not his own."""
    others = ReviewLine.user_id != caller.user_id
    return others & (true() if caller.may(REVIEWS) else ReviewLine.reviewer_id == caller.user_id)


def reviewers_with_open_lines(session: Session, review_id: UUID) -> list[UUID]:
    """Who still has something to decide."""
    waiting = select(ReviewLine.reviewer_id).where(
        ReviewLine.review_id == review_id, ReviewLine.decision == OPEN, ReviewLine.reviewer_id.is_not(None)
    )
    return [one for one in session.scalars(waiting.distinct().order_by(ReviewLine.reviewer_id)) if one]


def _sees(caller: Caller) -> ColumnElement[bool]:
    if caller.may(READS):
        return true()
    return or_(ReviewLine.reviewer_id == caller.user_id, decides(caller))


def _concerns(session: Session, caller: Caller, review_id: UUID) -> bool:
    """Whether the caller may know of the review at all."""
    known = select(AccessReview.id).where(AccessReview.id == review_id)
    if not caller.may(READS):
        known = known.join(ReviewLine, ReviewLine.review_id == AccessReview.id).where(_sees(caller))
    return session.scalar(known.limit(1)) is not None


def _reviews() -> Rows:
    mine = ReviewLine.review_id == AccessReview.id
    lines = select(func.count()).where(mine).correlate(AccessReview).scalar_subquery()
    left = select(func.count()).where(mine, ReviewLine.decision == OPEN).correlate(AccessReview).scalar_subquery()
    return select(
        AccessReview.id,
        AccessReview.started_by,
        AccessReview.created_at,
        AccessReview.due_at,
        AccessReview.closed_at,
        AccessReview.reminders,
        lines.label("lines"),
        left.label("open"),
    )


def _lines() -> Rows:
    return (
        select(
            ReviewLine.id,
            ReviewLine.version,
            ReviewLine.review_id,
            ReviewLine.reviewer_id,
            ReviewLine.user_id,
            User.name.label("user_name"),
            ReviewLine.kind,
            ReviewLine.role_id,
            Role.name.label("role_name"),
            ReviewLine.permissions,
            ReviewLine.unused,
            ReviewLine.last_log_in,
            ReviewLine.stale,
            ReviewLine.decision,
            ReviewLine.decided_by,
            ReviewLine.decided_at,
            ReviewLine.remark,
        )
        .join(User, User.id == ReviewLine.user_id)
        .outerjoin(Role, Role.id == ReviewLine.role_id)
    )

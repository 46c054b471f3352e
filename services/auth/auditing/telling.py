"""Telling of alerts: by mail to everybody who may see the audit trail, and as figures."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.identity.caller import EVERYTHING
from chassis.metrics import Figures
from chassis.timers import DueTimer, set_timer
from services.auth.auditing.tables import alerts, audit_arrivals
from services.auth.letters import sending
from services.auth.letters.texts import Letter
from services.auth.models import Grant, Role, User

TIMER, ALL = "tell_alerts", "all"
SOON = timedelta(minutes=1)
AT_MOST_EVERY = timedelta(minutes=15)
"""What is raised meanwhile stands in the next letter, so that many alerts are no flood."""
SEES_AUDIT = "audit:read"


def tell_soon(session: Session) -> None:
    """Have a letter written about an alert that was just raised, with others that come until then."""
    last = session.scalar(select(func.max(alerts.c.mailed_at)))
    soon = now() + SOON
    set_timer(session, TIMER, ALL, max(soon, last + AT_MOST_EVERY) if last else soon, unless_set=True)


def tell_alerts(session: Session, timer: DueTimer) -> None:
    """Write to everybody who may see the audit trail which alerts there were since the last letter."""
    fresh = update(alerts).where(alerts.c.mailed_at.is_(None)).values(mailed_at=now())
    kinds = Counter(session.scalars(fresh.returning(alerts.c.kind)))
    for user_id in auditors(session) if kinds else ():
        sending.order(session, None, Letter.AUDIT_ALERT, user_id, alerts=dict(kinds))


def auditors(session: Session) -> list[UUID]:
    """Everybody whose roles let him see the audit trail."""
    lets = or_(Role.permissions.has_key(SEES_AUDIT), Role.permissions.has_key(EVERYTHING))
    found = select(Grant.user_id).join(Role, Role.id == Grant.role_id).join(User, User.id == Grant.user_id)
    return list(session.scalars(found.where(User.active, lets).distinct().order_by(Grant.user_id)))


def figures(session: Session) -> Figures:
    """The alerts by kind, and the audit entries that wait for others before them."""
    unseen = func.count().filter(alerts.c.acknowledged_at.is_(None))
    raised = session.execute(select(alerts.c.kind, func.count(), unseen).group_by(alerts.c.kind))
    entries = func.sum(func.jsonb_array_length(audit_arrivals.c.entries))
    columns = (audit_arrivals.c.service, entries, func.min(audit_arrivals.c.arrived_at))
    waiting = session.execute(select(*columns).group_by(audit_arrivals.c.service))
    return Figures(
        alerts=[(kind, count, unseen) for kind, count, unseen in raised],
        unchained=[(service, int(count), (now() - since).total_seconds()) for service, count, since in waiting],
    )

"""Tasks made of what is found about customers: for their owners, the worst first, and not more than somebody can do."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis.clock import now
from services.customers.tasks import making
from services.customers.tasks.making import Wanted
from services.customers.tasks.models import OPEN, QUALITY
from services.customers.tasks.seeing import TABLE as TASKS

MOST_OPEN = 50
"""Tasks of these kinds that somebody has at a time."""

WORST = text("""
SELECT one.customer_id, one.owner_id, one.team_id, found.kind, found.about, standard.due_days
FROM qualities AS one
JOIN quality_standards AS standard ON standard.kind = one.kind AND standard.lifecycle_stage = one.lifecycle_stage
CROSS JOIN LATERAL (
  VALUES ('missing', one.missing), ('invalid', one.invalid), ('stale', one.stale)
) AS found (kind, about)
WHERE one.owner_id = :owner AND one.score < 100 AND found.kind = ANY (standard.tasks) AND cardinality(found.about) > 0
  AND NOT EXISTS (
    SELECT FROM customer_tasks AS task
    WHERE task.customer_id = one.customer_id AND task.kind = found.kind AND task.subject = '' AND task.holds
  )
ORDER BY one.score, one.customer_id, found.kind LIMIT :room
""")


def make_tasks(session: Session, owner: UUID) -> int:
    """Give an owner tasks until he has as many as he can have. Returns how many are new."""
    his = select(func.count()).where(TASKS.owner_id == owner, TASKS.state == OPEN, TASKS.kind.in_(QUALITY))
    room = MOST_OPEN - (session.scalar(his) or 0)
    if room <= 0:
        return 0
    rows = session.execute(WORST, {"owner": owner, "room": room}).all()
    return making.make(session, (_wanted(row) for row in rows))


def _wanted(row: Any) -> Wanted:
    return Wanted(
        customer_id=row.customer_id,
        owner_id=row.owner_id,
        team_id=row.team_id,
        kind=row.kind,
        about=row.about,
        due_at=now() + timedelta(days=row.due_days),
    )

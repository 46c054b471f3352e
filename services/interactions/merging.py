"""What becomes of interactions and follow-ups when customers turn out to be one."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, literal, select

from chassis.clock import now
from chassis.merging.following import FollowedMerging
from chassis.merging.working import UUIDS, Work
from contracts.customers import CustomersMerged, CustomersUnmerged
from contracts.interactions import InteractionsFollowedMerge
from services.interactions import follow_ups, replicas
from services.interactions.models import Customer, FollowUp

TABLE: Any = FollowUp.__table__


def keep_one_plan_each(work: Work) -> None:
    """A person turns to a customer on one date: the earliest of his open ones stays, the others are cancelled."""
    everybody = [work.survivor_id, *work.loser_ids]
    mine = TABLE.c.customer_id == any_(literal(everybody, UUIDS))
    columns = (TABLE.c.id, TABLE.c.user_id, TABLE.c.version)
    query = select(*columns).where(mine, TABLE.c.state == "open").order_by(TABLE.c.due_at, TABLE.c.id)
    seen: set[UUID] = set()
    for row in work.session.execute(query.with_for_update()).all():
        if row.user_id in seen:
            moment = now()
            closed = {"state": "cancelled", "closed_at": moment, "updated_at": moment, "version": row.version + 1}
            work.change(TABLE, {"id": row.id}, closed)
            work.set_aside_timers([follow_ups.TIMER], [row.id])
        seen.add(row.user_id)


MERGING = FollowedMerging(
    model=Customer,
    pointer="customer_id",
    visible=replicas.customers_in_sight,
    settle=keep_one_plan_each,
    merged=CustomersMerged,
    unmerged=CustomersUnmerged,
    followed=InteractionsFollowedMerge,
)

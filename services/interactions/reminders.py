"""Reminders: the inbox of each person, filled by the timers of follow-ups and by the clocks of customers."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.paging import paged
from contracts.pools import RecycleAnnounced
from services.interactions import replicas
from services.interactions.models import Customer, FollowUp, Reminder

SHOWN = (
    Reminder.id,
    Reminder.kind,
    Reminder.follow_up_id,
    Reminder.user_id,
    Reminder.customer_id,
    Reminder.due_at,
    Reminder.note,
    Reminder.unread,
    Reminder.reminded_at,
    Reminder.read_at,
)


def add(session: Session, follow_up: FollowUp) -> None:
    """Remind the person of his follow-up; at the most once for each date."""
    row = insert(Reminder).values(
        id=new_id(),
        user_id=follow_up.user_id,
        follow_up_id=follow_up.id,
        customer_id=follow_up.customer_id,
        due_at=follow_up.due_at,
        note=follow_up.note,
        unread=True,
        reminded_at=now(),
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["follow_up_id", "due_at"]))


def note_recycle(session: Session, event: RecycleAnnounced) -> None:
    """Tell whom it concerns that a customer goes back to its pool, or has just gone."""
    ahead = f"Goes back to its pool in {event.days} {'day' if event.days == 1 else 'days'}"
    what = "Has gone back to its pool" if event.days == 0 else ahead
    for user_id in event.user_ids:
        line = Reminder(
            id=new_id(),
            kind="recycle",
            user_id=user_id,
            customer_id=event.aggregate_id,
            due_at=event.recycle_at,
            note=f"{what}: {event.rule}",
        )
        session.add(line)


def find_reminders(session: Session, caller: Caller, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List your reminders, the unread ones first, each group with the newest first."""
    query = _own(caller)
    return paged(session, query, order=Reminder.unread, key=Reminder.id, descending=True, limit=limit, cursor=cursor)


def read_reminder(session: Session, caller: Caller, reminder_id: UUID) -> dict[str, Any]:
    """Mark one of your reminders as read."""
    own = select(Reminder).where(Reminder.id == reminder_id, Reminder.user_id == caller.user_id)
    reminder = session.scalar(own.with_for_update())
    if reminder is None:
        raise NotFound
    reminder.read()
    session.flush()
    return dict(session.execute(_own(caller).where(Reminder.id == reminder_id)).one()._mapping)


def _own(caller: Caller) -> Any:
    """Reminders stay when the customer goes out of sight, but then without its name."""
    query = select(*SHOWN, replicas.name_in_sight(caller)).outerjoin(Customer, Customer.id == Reminder.customer_id)
    return query.where(Reminder.user_id == caller.user_id)

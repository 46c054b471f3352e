"""When somebody leaves, whoever takes over turns to his customers on the dates that he had planned."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from chassis.leaving import Belongings, HandOver, Leaver
from chassis.outbox import record
from chassis.timers import cancel_timer, set_timer
from contracts.interactions import InteractionsHandedOver
from services.interactions.follow_ups import TIMER, planned_event
from services.interactions.models import FollowUp, Reminder


def _his_follow_ups(user_id: UUID) -> Select[Any]:
    return select(FollowUp.id).where(FollowUp.user_id == user_id, FollowUp.state == "open").order_by(FollowUp.id)


def _pass_on_follow_ups(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    for follow_up_id in ids:
        _pass_on(session, leaver, follow_up_id)


def _pass_on(session: Session, leaver: Leaver, follow_up_id: UUID) -> None:
    """Give a follow-up to the successor; if he has one with this customer already, the earlier date of the two stands.

    Timers are taken before their rows, as everywhere.
    """
    follow_up = _taken(session, follow_up_id)
    if follow_up.state != "open" or follow_up.user_id != leaver.user_id:
        return _put_back(session, follow_up)
    other_id = session.scalar(_successors_own(leaver, follow_up.customer_id))
    if other_id is None:
        follow_up.give_to(leaver.successor_id)
        _put_back(session, follow_up)
    else:
        other = _taken(session, other_id)
        follow_up.cancel()
        if other.state == "open" and other.merge(follow_up, by=leaver.by):
            record(session, planned_event(other))
        _put_back(session, other)
    session.flush()
    return record(session, planned_event(follow_up))


def _successors_own(leaver: Leaver, customer_id: UUID) -> Select[Any]:
    same = (FollowUp.customer_id == customer_id) & (FollowUp.user_id == leaver.successor_id)
    return select(FollowUp.id).where(same, FollowUp.state == "open")


def _taken(session: Session, follow_up_id: UUID) -> FollowUp:
    """The follow-up, locked and without its timer."""
    cancel_timer(session, TIMER, str(follow_up_id))
    return session.get_one(FollowUp, follow_up_id, with_for_update=True)


def _put_back(session: Session, follow_up: FollowUp) -> None:
    """Set the timer of one whose reminder is still to come."""
    if follow_up.state == "open" and follow_up.reminded_at is None:
        set_timer(session, TIMER, str(follow_up.id), follow_up.due_at)


def _his_reminders(user_id: UUID) -> Select[Any]:
    return select(Reminder.id).where(Reminder.user_id == user_id, Reminder.unread).order_by(Reminder.id)


def _pass_on_reminders(session: Session, leaver: Leaver, ids: list[UUID]) -> None:
    session.execute(update(Reminder).where(Reminder.id.in_(ids)).values(user_id=leaver.successor_id))


HANDING_OVER = HandOver(
    event=InteractionsHandedOver,
    belongings={
        "follow_ups": Belongings(_his_follow_ups, _pass_on_follow_ups),
        "reminders": Belongings(_his_reminders, _pass_on_reminders),
    },
)

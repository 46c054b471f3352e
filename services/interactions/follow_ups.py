"""Follow-ups: the next date to turn to a customer, one for each customer and person, with a reminder on time.

Whoever changes a follow-up takes its timer before its row, as the timer itself does when it fires: so the two wait
for each other instead of blocking each other.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import NotFound, Unauthenticated
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record
from chassis.paging import paged
from chassis.timers import DueTimer, cancel_timer, set_timer
from contracts.interactions import FollowUpDue, FollowUpPlanned
from services.interactions import reminders, replicas
from services.interactions.commands import check_reach
from services.interactions.errors import CustomerNotKnownHere, PersonCannotSeeCustomer
from services.interactions.models import Customer, FollowUp

TIMER = "follow_up_due"

SHOWN = (
    FollowUp.id,
    FollowUp.version,
    FollowUp.customer_id,
    FollowUp.user_id,
    FollowUp.planned_by,
    FollowUp.due_at,
    FollowUp.note,
    FollowUp.state,
    FollowUp.reminded_at,
    FollowUp.closed_at,
    FollowUp.created_at,
    FollowUp.updated_at,
)


def plan_follow_up(
    session: Session, caller: Caller, customer_id: UUID, due_at: datetime, note: str | None, user_id: UUID | None
) -> FollowUp:
    """Set the date to turn to a customer next.

    A person has one open follow-up with each customer: planning again moves it, and its reminder with it. A date in
    the past is due at once.
    """
    _lock_customer(session, caller, customer_id)
    person = user_id or caller.user_id
    _check_person(session, caller, person, customer_id)
    follow_up = _moved(session, caller, customer_id, person, due_at, note)
    follow_up = follow_up or _new(session, caller, customer_id, person, due_at, note)
    record(session, planned_event(follow_up))
    return follow_up


def finish_follow_up(session: Session, caller: Caller, follow_up_id: UUID) -> FollowUp:
    """Mark a follow-up as done."""
    follow_up = _to_close(session, caller, follow_up_id)
    follow_up.finish()
    record(session, planned_event(follow_up))
    return follow_up


def cancel_follow_up(session: Session, caller: Caller, follow_up_id: UUID) -> FollowUp:
    """Cancel a follow-up."""
    follow_up = _to_close(session, caller, follow_up_id)
    follow_up.cancel()
    record(session, planned_event(follow_up))
    return follow_up


def remind(session: Session, timer: DueTimer) -> None:
    """Put the reminder of a follow-up that has come due into the person's inbox.

    A timer set in the same moment as the follow-up was closed outlives it, and does nothing.
    """
    follow_up = session.get_one(FollowUp, UUID(timer.key), with_for_update=True)
    if follow_up.state != "open":
        return
    follow_up.remind()
    reminders.add(session, follow_up)
    record(
        session,
        FollowUpDue(
            aggregate_id=follow_up.id,
            version=follow_up.version,
            customer_id=follow_up.customer_id,
            user_id=follow_up.user_id,
            due_at=follow_up.due_at,
        ),
    )


def visible_ids(caller: Caller) -> Select[UUID]:
    """The follow-ups that the caller hears of live."""
    return select(FollowUp.id).outerjoin(Customer, Customer.id == FollowUp.customer_id).where(_visible(caller))


def find_follow_ups(
    session: Session,
    caller: Caller,
    *,
    of: str,
    customer_id: UUID | None,
    state: str,
    due: str | None,
    utc_offset: int,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List follow-ups, the most urgent first: yours, or everybody's with customers that you see."""
    query = select(*SHOWN, replicas.name_in_sight(caller)).outerjoin(Customer, Customer.id == FollowUp.customer_id)
    query = query.where(FollowUp.state == state, _visible(caller))
    if of == "me":
        query = query.where(FollowUp.user_id == caller.user_id)
    if customer_id is not None:
        query = query.where(FollowUp.customer_id == customer_id)
    if due is not None:
        query = query.where(_due(due, now(), utc_offset))
    return paged(session, query, order=FollowUp.due_at, key=FollowUp.id, descending=False, limit=limit, cursor=cursor)


def end_of_day(moment: datetime, utc_offset: int) -> datetime:
    """The midnight that ends the day of the moment, ``utc_offset`` minutes east of Greenwich."""
    offset = timedelta(minutes=utc_offset)
    midnight = (moment.astimezone(UTC) + offset).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1) - offset


def _due(due: str, moment: datetime, utc_offset: int) -> ColumnElement[bool]:
    tomorrow = end_of_day(moment, utc_offset)
    if due == "overdue":
        return FollowUp.due_at < moment
    return FollowUp.due_at >= tomorrow if due == "next" else and_(FollowUp.due_at >= moment, FollowUp.due_at < tomorrow)


def _visible(caller: Caller) -> ColumnElement[bool]:
    """One's own always; a colleague's when the customer is in sight."""
    mine = FollowUp.user_id == caller.user_id
    return or_(mine, replicas.in_sight(caller)) if caller.may("interactions:read") else mine


def _lock_customer(session: Session, caller: Caller, customer_id: UUID) -> None:
    """Let one plan wait for the other, so that both see the one follow-up there is."""
    seen = replicas.customers_in_sight(caller).where(Customer.id == customer_id)
    if session.scalar(seen.with_for_update(key_share=True)) is None:
        raise CustomerNotKnownHere


def _check_person(session: Session, caller: Caller, user_id: UUID, customer_id: UUID) -> None:
    if user_id == caller.user_id:
        return
    check_reach(session, caller, user_id)
    try:
        replicas.check_customer(session, directory_of(session).caller(user_id), customer_id)
    except (CustomerNotKnownHere, Unauthenticated):
        raise PersonCannotSeeCustomer from None


def _new(
    session: Session, caller: Caller, customer_id: UUID, user_id: UUID, due_at: datetime, note: str | None
) -> FollowUp:
    follow_up = FollowUp(
        id=new_id(), customer_id=customer_id, user_id=user_id, planned_by=caller.user_id, due_at=due_at, note=note
    )
    set_timer(session, TIMER, str(follow_up.id), due_at)
    session.add(follow_up)
    session.flush()
    return follow_up


def _moved(
    session: Session, caller: Caller, customer_id: UUID, user_id: UUID, due_at: datetime, note: str | None
) -> FollowUp | None:
    """The person's open follow-up, moved; None if there is none, or if it was closed just now."""
    planned = and_(FollowUp.customer_id == customer_id, FollowUp.user_id == user_id, FollowUp.state == "open")
    follow_up_id = session.scalar(select(FollowUp.id).where(planned))
    if follow_up_id is None:
        return None
    set_timer(session, TIMER, str(follow_up_id), due_at)
    follow_up = session.get_one(FollowUp, follow_up_id, with_for_update=True)
    if follow_up.state != "open":
        cancel_timer(session, TIMER, str(follow_up_id))
        return None
    follow_up.move(due_at, note, by=caller.user_id)
    return follow_up


def _to_close(session: Session, caller: Caller, follow_up_id: UUID) -> FollowUp:
    """The follow-up, locked and without its timer; raises NotFound unless it is the caller's or within his reach."""
    cancel_timer(session, TIMER, str(follow_up_id))
    follow_up = session.get(FollowUp, follow_up_id, with_for_update=True)
    if follow_up is None:
        raise NotFound
    if follow_up.user_id != caller.user_id:
        _check_colleagues(session, caller, follow_up)
    return follow_up


def _check_colleagues(session: Session, caller: Caller, follow_up: FollowUp) -> None:
    team_id = directory_of(session).team_of(follow_up.user_id)
    if not caller.reaches("interactions:create", owner_id=None, team_id=team_id):
        raise NotFound
    replicas.check_customer(session, caller, follow_up.customer_id)


def planned_event(follow_up: FollowUp) -> FollowUpPlanned:
    """What the others are told of a follow-up as it is now."""
    return FollowUpPlanned(
        aggregate_id=follow_up.id,
        version=follow_up.version,
        customer_id=follow_up.customer_id,
        user_id=follow_up.user_id,
        due_at=follow_up.due_at if follow_up.state == "open" else None,
    )

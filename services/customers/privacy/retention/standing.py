"""What keeps a customer from being let go of: a hold, an open ticket, a contact. Others hear of the first two."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import Conflict, NotFound
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.outbox import record
from chassis.subjects import holds
from chassis.subjects.events import PersonHeld
from contracts.interactions import InteractionLogged
from contracts.tickets import TicketState
from services.customers import sight
from services.customers.models import Customer
from services.customers.privacy.retention.models import KnownTicket, PrivacyState

OPEN_STATES = ("new", "open", "waiting")


class NotHeld(Conflict):
    """Nobody has said that the customer must be kept."""

    slug, title = "not-held", "The customer is not held"


class ErasureBegun(Conflict):
    """It is too late to keep what is known of the customer."""

    slug, title = "erasure-begun", "The customer is being erased, or was erased"


def get_hold(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Look at what keeps a customer from being erased because of his age.

    That is a hold, which somebody has set for a reason, an open ticket, or a contact not long ago.
    """
    reached = select(Customer.id).where(Customer.id == customer_id, visible(Customer, caller, "privacy:read"))
    if session.scalar(reached) is None:
        raise NotFound
    return _shown(customer_id, session.get(PrivacyState, customer_id) or PrivacyState(open_tickets=0))


def hold_customer(session: Session, caller: Caller, customer_id: UUID, reason: str) -> dict[str, Any]:
    """Keep everything that is known of a customer, in all services, until the hold is lifted.

    As long as it stands, no retention rule touches any of it, and nobody can have the customer erased.
    """
    customer = sight.reached(session, caller, customer_id, "privacy:hold")
    state = locked(session, customer_id)
    if customer.erased_at is not None or state.erasure_id is not None:
        raise ErasureBegun
    state.hold(reason, by=caller.user_id)
    _tell(session, state)
    audit.tell(session, held=True)
    return _shown(customer_id, state)


def lift_hold(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Keep a customer for this reason no longer; from now on the rules count for him as for everybody."""
    sight.reached(session, caller, customer_id, "privacy:hold")
    state = locked(session, customer_id)
    if state.reason is None:
        raise NotHeld
    state.release()
    _tell(session, state)
    audit.tell(session, held=False)
    return _shown(customer_id, state)


def note_contact(session: Session, event: InteractionLogged) -> None:
    """Somebody was in touch with a customer."""
    _contacted(session, event.customer_id, min(event.happened_at, now()))


def keep_ticket(session: Session, event: TicketState) -> None:
    """Take over whether a ticket is open, unless something newer is known of it."""
    said = {"customer_id": event.customer_id, "open": event.state in OPEN_STATES, "version": event.version}
    before = session.get(KnownTicket, event.aggregate_id, with_for_update=True)
    row = insert(KnownTicket).values(id=event.aggregate_id, **said)
    newer = {name: row.excluded[name] for name in said}
    taken = row.on_conflict_do_update(
        index_elements=["id"], set_=newer, where=KnownTicket.version < row.excluded.version
    )
    if session.scalar(taken.returning(KnownTicket.id)) is None:
        return
    if before is None:
        _contacted(session, event.customer_id, now())
    for customer_id in sorted({event.customer_id, before.customer_id if before else event.customer_id}):
        _count_tickets(session, customer_id)


def locked(session: Session, customer_id: UUID) -> PrivacyState:
    """What is known of a customer, locked; it begins here if nothing was."""
    session.execute(_new(customer_id).on_conflict_do_nothing())
    found = select(PrivacyState).where(PrivacyState.id == customer_id).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one()


def last_contact_of(session: Session, customer_ids: list[UUID]) -> datetime | None:
    """When somebody was last in touch with any of these customers."""
    latest = select(func.max(PrivacyState.last_contact_at)).where(PrivacyState.id.in_(customer_ids))
    return session.scalar(latest)


def count_anew(session: Session, customer_id: UUID, contacted_at: datetime | None) -> None:
    """Count the open tickets of a customer that has got those of others, and their last contact for his."""
    if session.get(PrivacyState, customer_id) is not None:
        if contacted_at is not None:
            _contacted(session, customer_id, contacted_at)
        _count_tickets(session, customer_id)


def told_of(session: Session, customer_id: UUID) -> tuple[str | None, int]:
    """What the other services were last told of a customer, and in which version."""
    query = select(PrivacyState.kept_for, PrivacyState.version).where(PrivacyState.id == customer_id)
    row = session.execute(query).one_or_none()
    return (row.kept_for, row.version) if row else (None, 0)


def tell_again(session: Session, customer_id: UUID, told: str | None, version: int) -> None:
    """Tell what holds again of a customer, if it is something else than what the others were told last."""
    if told_of(session, customer_id)[0] == told:
        return
    state = locked(session, customer_id)
    state.kept_for, state.version = told, version
    _tell(session, state)


def _contacted(session: Session, customer_id: UUID, at: Any) -> None:
    row = _new(customer_id).values(last_contact_at=at)
    later = func.greatest(PrivacyState.last_contact_at, row.excluded.last_contact_at)
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"last_contact_at": later}))


def _new(customer_id: UUID) -> Any:
    return insert(PrivacyState).values(id=customer_id, open_tickets=0, version=1, created_at=now(), updated_at=now())


def _count_tickets(session: Session, customer_id: UUID) -> None:
    state = locked(session, customer_id)
    mine = select(func.count()).where(KnownTicket.customer_id == customer_id, KnownTicket.open)
    state.open_tickets = session.scalar(mine) or 0
    _tell(session, state)


def _tell(session: Session, state: PrivacyState) -> None:
    """Let all services know if there is another reason to keep the customer now, or none any more."""
    state.touch()
    if state.kept_for == state.reason_to_keep:
        return
    state.kept_for = state.reason_to_keep
    told = PersonHeld(aggregate_id=state.id, version=state.version, reason=state.kept_for)
    holds.keep(session, told)
    record(session, told)


def _shown(customer_id: UUID, state: PrivacyState) -> dict[str, Any]:
    names = ("reason", "held_by", "held_at", "open_tickets", "last_contact_at", "kept_for")
    return {"customer_id": customer_id, **{name: getattr(state, name) for name in names}}

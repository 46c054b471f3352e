"""Filling in what search finds customers by, where it is missing: those who were there before there was search."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.timers import DueTimer, set_timer
from services.customers.models import Contact, Customer
from services.customers.naming.tokens import document_of

TIMER = "fill_search"
CUSTOMERS_AT_A_TIME = 500
ONCE_MORE_AFTER = timedelta(minutes=15)
"""Processes of the version before may go on writing customers without it until they have ended."""

TABLE = Customer.__table__.c


def fill(session: Session, timer: DueTimer) -> None:
    """Fill in some, and come back as long as there are more; then once more, a while later."""
    missing = select(TABLE.id, TABLE.name).where(TABLE.search_tokens.is_(None)).order_by(TABLE.id)
    found = session.execute(missing.limit(CUSTOMERS_AT_A_TIME).with_for_update(skip_locked=True)).all()
    contacts = _contact_names(session, [one.id for one in found])
    written = [{"row": one.id, "tokens": document_of([one.name, *contacts.get(one.id, ())])} for one in found]
    if written:
        filled = update(Customer.__table__).where(TABLE.id == bindparam("row"))
        session.execute(filled.values(search_tokens=bindparam("tokens")), written)
        set_timer(session, TIMER, timer.key, now())
    elif not timer.payload.get("again"):
        set_timer(session, TIMER, timer.key, now() + ONCE_MORE_AFTER, {"again": True})


def _contact_names(session: Session, ids: list[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for customer_id, name in session.execute(
        select(Contact.customer_id, Contact.name).where(Contact.customer_id.in_(ids))
    ):
        found.setdefault(customer_id, []).append(name)
    return found

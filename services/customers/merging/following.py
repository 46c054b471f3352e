"""Customers as a service that follows merges, like the others; and what the others say that they have done."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlalchemy.orm import Session

from chassis.identity.events import MergeFollowed
from chassis.merging.following import Merging
from chassis.merging.tables import present_id
from chassis.merging.working import UUIDS, Work
from services.customers import sight
from services.customers.merging.models import Merge
from services.customers.models import Contact, Customer

CONTACTS: Any = Contact.__table__


def fit_contacts(work: Work) -> None:
    """Contacts that are the same stay once, and one of all is the primary one."""
    everybody = [work.survivor_id, *work.loser_ids]
    session, place = work.session, func.array_position(literal(everybody, UUIDS), Contact.customer_id)
    query = select(Contact).where(Contact.customer_id == any_(literal(everybody, UUIDS)))
    ordered = query.order_by(place, Contact.is_primary.desc(), Contact.id)
    seen: set[Any] = set()
    primary = False
    for contact in session.scalars(ordered.execution_options(populate_existing=True)).all():
        face = contact.face
        if face in seen:
            work.remove(CONTACTS, CONTACTS.c.id == contact.id)
        elif contact.is_primary and primary:
            work.change(CONTACTS, {"id": contact.id}, {"is_primary": False})
        primary = primary or contact.is_primary
        seen.add(face)


def note_follower(session: Session, event: MergeFollowed) -> None:
    """Note that a service has done its part of a merge."""
    merge = session.get(Merge, event.aggregate_id, with_for_update=True)
    if merge is not None:
        merge.acknowledge(event.sender, event.step, event.rows)


def above_now(session: Session, row: dict[str, Any]) -> UUID | None:
    """The parent company of a customer that comes back, which may have been merged into another one meanwhile."""
    parent = row.get("parent_id")
    return parent and (present_id(session, UUID(parent)) or UUID(parent))


MERGING = Merging(
    model=Customer,
    pointer="customer_id",
    visible=sight.visible_ids,
    # What an import did is undone for the customers that it made, not for what these have become.
    but=frozenset({"merges", "duplicate_pairs", "duplicate_blocks", "import_rows", "qualities", "field_moments"}),
    more=("privacy_states.id",),
    settle=fit_contacts,
)

"""Setting parent companies once all rows are in, so that the order of the rows does not matter."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.customers import CustomerChanged
from services.customers import parents, sight
from services.customers.changesets import images, ledger
from services.customers.changesets.ledger import SKIPPED, UPDATED, ImportRow
from services.customers.changesets.wording import note
from services.customers.models import Customer
from services.customers.news import news


class Tree:
    """Who is above whom: as stored, with what is planned on top of it."""

    def __init__(self, session: Session, planned: dict[UUID, UUID]) -> None:
        self._session = session
        self._planned = planned
        self._stored: dict[UUID, UUID | None] = {}

    def closes_circle(self, child_id: UUID, parent_id: UUID) -> bool:
        """Whether the child is the parent or above it."""
        place: UUID | None = parent_id
        while place is not None and place != child_id:
            place = self.above(place)
        return place is not None

    def plan(self, child_id: UUID, parent_id: UUID) -> None:
        """Take it that the parent is above the child from now on."""
        self._planned[child_id] = parent_id

    def above(self, place: UUID) -> UUID | None:
        """The parent of a customer."""
        if place in self._planned:
            return self._planned[place]
        if place not in self._stored:
            self._stored |= {place: None} | parents.ancestors(self._session, [place])
        return self._stored[place]


def find_parents(
    session: Session, caller: Caller, rows: list[ImportRow], planned: dict[UUID, UUID], language: str
) -> None:
    """Note in each row the parent company that its name stands for, or a warning."""
    keys = {row.parent_key for row in rows if row.parent_key}
    here = ledger.entered(session, rows[0].job_id, keys)
    there = _named(session, caller, keys - set(here))
    tree = Tree(session, planned)
    for row in rows:
        _find_parent(row, here.get(row.parent_key or "") or there.get(row.parent_key or "", []), tree, language)


def _find_parent(row: ImportRow, ids: list[UUID], tree: Tree, language: str) -> None:
    if row.customer_id is None:
        return
    before = tree.above(row.customer_id)
    if not ids:
        row.warn(note(language, "unknown-parent"))
    elif len(ids) > 1:
        row.warn(note(language, "ambiguous-parent", count=len(ids)))
    elif tree.closes_circle(row.customer_id, ids[0]):
        row.warn(note(language, "parent-cycle"))
    else:
        row.parent_id = ids[0]
        tree.plan(row.customer_id, ids[0])
    if row.status == SKIPPED and row.parent_id not in (None, before):
        row.status = UPDATED


def set_parents(session: Session, rows: list[ImportRow]) -> None:
    """Put the parent companies that were found above their customers."""
    found = {row.customer_id: row for row in rows if row.parent_id}
    query = select(Customer).where(Customer.id.in_(found)).order_by(Customer.id).with_for_update()
    changed = []
    for customer in session.scalars(query.options(selectinload(Customer.contacts))):
        row, before = found[customer.id], customer.parent_id
        if customer.change({"parent_id": row.parent_id}):
            row.version = customer.version
            _note_before(session, row, before)
            changed.append(customer)
    record(session, *(news(CustomerChanged, customer) for customer in changed))


def _note_before(session: Session, row: ImportRow, parent_id: UUID | None) -> None:
    """Keep which parent company an updated customer had; a new one is removed when the import is undone."""
    if row.status == UPDATED:
        vault = vault_of(session)
        image = images.opened(vault, row)
        image["values"].setdefault("parent_id", parent_id)
        row.before = images.sealed(vault, row.job_id, row.number, image)


def _named(session: Session, caller: Caller, keys: set[str]) -> dict[str, list[UUID]]:
    query = select(Customer.name_key, Customer.id).where(Customer.name_key.in_(keys), sight.in_sight(caller))
    found: dict[str, list[UUID]] = {}
    for key, customer_id in session.execute(query):
        found.setdefault(key, []).append(customer_id)
    return found

"""Taking customers away that should never have been entered, with everything that hangs on them here."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, union_all, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.custom_fields.values import forget_marks
from chassis.outbox import record
from chassis.sharing.table import shares
from contracts.customers import CustomerRemoved
from services.customers.changesets.ledger import CREATED, ImportRow
from services.customers.models import Base, Customer
from services.customers.quality.keeping import touch

USES = frozenset({"consents", "privacy_requests", "known_tickets", "customer_tickets"})
"""Tables whose rows show that a customer is in use."""
COUNTED = frozenset({"import_rows", "claim_ledger", "pool_views"})
"""Tables whose rows stay: they tell what people have done, and count among what they may do."""
CHILD = Customer.__table__.alias("child")


def in_use(session: Session, job_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the customers that something has come to hang on since they were entered."""
    tables = Base.metadata.tables
    hanging = [tables[name].c.customer_id for name in sorted(USES)]
    known = [tables["privacy_states"].c.id, *_ends()]
    ours = exists().where(
        ImportRow.job_id == job_id,
        ImportRow.customer_id == CHILD.c.id,
        ImportRow.status == CREATED,
        ImportRow.version == CHILD.c.version,
    )
    found = union_all(
        select(CHILD.c.parent_id).where(CHILD.c.parent_id.in_(ids), ~ours),
        *(select(column).where(column.in_(ids)) for column in (*hanging, *known)),
        select(shares.c.record_id).where(shares.c.record_id.in_(ids)),
    )
    return set(session.scalars(found))


def _ends() -> list[Any]:
    """The columns that name customers whom something else is about, such as a relation between two."""
    others = (table for table in Base.metadata.sorted_tables if table is not Customer.__table__)
    return [
        column
        for table in others
        for column in table.c
        if column.name != "customer_id" and column.references(Customer.__table__.c.id)
    ]


def remove(session: Session, versions: dict[UUID, int]) -> None:
    """Take away customers, given with their versions; nobody else may be below them."""
    ids = list(versions)
    alone = update(Customer).where(Customer.parent_id.in_(ids)).values(parent_id=None).returning(Customer.id)
    touch(session, session.scalars(alone).all())
    for table in reversed(Base.metadata.sorted_tables):
        if "customer_id" in table.c and table.name not in USES | COUNTED:
            session.execute(delete(table).where(table.c.customer_id.in_(ids)))
    forget_marks(session, ids)
    session.execute(delete(Customer).where(Customer.id.in_(ids)))
    audit.note(session, "remove_customers", resource="customers", records=ids)
    record(session, *(CustomerRemoved(aggregate_id=one, version=version + 1) for one, version in versions.items()))

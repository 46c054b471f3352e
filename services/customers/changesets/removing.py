"""Taking customers away that should never have been entered, with everything that hangs on them here."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, exists, select, union_all, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.outbox import record
from chassis.sharing.table import shares
from contracts.customers import CustomerRemoved
from services.customers.changesets.ledger import CREATED, ImportRow
from services.customers.models import Base, Customer

OF_ITS_OWN = frozenset({"import_rows", "consents", "privacy_requests", "known_tickets", "customer_tickets"})
"""Tables whose rows tell of a customer but do not go with it."""
CHILD = Customer.__table__.alias("child")


def in_use(session: Session, job_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the customers that something has come to hang on since they were entered."""
    tables = Base.metadata.tables
    hanging = [tables[name].c.customer_id for name in sorted(OF_ITS_OWN - {"import_rows"})]
    known = tables["privacy_states"].c.id
    ours = exists().where(
        ImportRow.job_id == job_id,
        ImportRow.customer_id == CHILD.c.id,
        ImportRow.status == CREATED,
        ImportRow.version == CHILD.c.version,
    )
    found = union_all(
        select(CHILD.c.parent_id).where(CHILD.c.parent_id.in_(ids), ~ours),
        *(select(column).where(column.in_(ids)) for column in (*hanging, known)),
        select(shares.c.record_id).where(shares.c.record_id.in_(ids)),
    )
    return set(session.scalars(found))


def remove(session: Session, versions: dict[UUID, int]) -> None:
    """Take away customers, given with their versions; nobody else may be below them."""
    ids = list(versions)
    session.execute(update(Customer).where(Customer.parent_id.in_(ids)).values(parent_id=None))
    for table in reversed(Base.metadata.sorted_tables):
        if "customer_id" in table.c and table.name not in OF_ITS_OWN:
            session.execute(delete(table).where(table.c.customer_id.in_(ids)))
    session.execute(delete(Customer).where(Customer.id.in_(ids)))
    audit.note(session, "remove_customers", resource="customers", records=ids)
    record(session, *(CustomerRemoved(aggregate_id=one, version=version + 1) for one, version in versions.items()))

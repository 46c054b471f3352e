"""Customers that an import enters get their scores when it is through: it would be slower by a quarter otherwise."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.clock import now
from chassis.timers import DueTimer, set_timer
from services.customers.changesets.ledger import CREATED, ImportRow
from services.customers.models import Customer
from services.customers.quality.keeping import keep

TIMER = "assess_imported"
AT_WORK = ("queued", "running")
LOOK_AGAIN = timedelta(seconds=5)
CUSTOMERS_AT_A_TIME = 500


def assess_later(session: Session, job_id: UUID) -> None:
    """Let the customers of this import be assessed once it has ended."""
    set_timer(session, TIMER, str(job_id), now(), {"number": 0}, unless_set=True)


def assess_imported(session: Session, timer: DueTimer) -> None:
    """Assess some of them, and come back as long as there are more."""
    job_id = UUID(timer.key)
    if jobs.state_of(session, job_id) in AT_WORK:
        set_timer(session, TIMER, timer.key, now() + LOOK_AGAIN, timer.payload)
        return
    mine = (ImportRow.job_id == job_id, ImportRow.number > timer.payload["number"], ImportRow.status == CREATED)
    rows = select(ImportRow.number, ImportRow.customer_id).where(*mine).order_by(ImportRow.number)
    found = session.execute(rows.limit(CUSTOMERS_AT_A_TIME)).all()
    ids = select(Customer.id).where(Customer.id.in_([one.customer_id for one in found])).order_by(Customer.id)
    keep(session, session.scalars(ids.with_for_update(key_share=True)).all())
    if len(found) == CUSTOMERS_AT_A_TIME:
        set_timer(session, TIMER, timer.key, now(), {"number": found[-1].number})

"""Change sets: what one job has done to many customers."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified
from contracts.customers import CHANGE_SETS
from services.customers.changesets.errors import NotToBeUndone
from services.customers.models import Base

KEPT_FOR = timedelta(days=30)
IMPORT, BULK_CHANGE = KINDS = ("import", "bulk_change")
RUNNING, DONE, UNDOING, UNDONE = STATES = ("running", "done", "undoing", "undone")


class ChangeSet(Identified, Base):
    """Everything that a job has changed; its id is that of the job."""

    __tablename__ = "change_sets"
    __resource__ = CHANGE_SETS
    __table_args__ = (Index(None, "owner_id", "created_at", "id"),)

    owner_id: Mapped[UUID]
    """Who started the job."""
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=RUNNING)
    created_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    """When it is forgotten, and stays as it is."""
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    undo_job_id: Mapped[UUID | None]

    def begin_undo(self, job_id: UUID) -> None:
        """It is being taken back from now on; raises NotToBeUndone."""
        if self.state != DONE:
            raise NotToBeUndone(REASONS[self.state])
        self.state, self.undo_job_id = UNDOING, job_id


REASONS = {
    RUNNING: "The job is still at work",
    UNDOING: "It is being undone already",
    UNDONE: "It was undone before",
}

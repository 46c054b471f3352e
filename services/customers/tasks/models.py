"""Tasks about the data of customers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned
from contracts.quality import CUSTOMER_TASKS
from services.customers.models import Base
from services.customers.tasks.errors import TaskClosed

MISSING, INVALID, STALE = QUALITY = ("missing", "invalid", "stale")
"""What the standards of quality find."""
VERIFY = "verify"
"""A channel that is said to have changed, or not to work; ``subject`` is the report's id."""
KINDS = (*QUALITY, VERIFY)
OPEN, DONE, DISMISSED = STATES = ("open", "done", "dismissed")


class CustomerTask(Identified, Versioned, Owned, Base):
    """Something about a customer that its owner has to see to; it follows the customer to its next owner.

    What a task is for is its kind and ``subject``: a word or an id that tells tasks of a kind about one customer apart,
    and no personal data. As long as one ``holds`` there is no second one like it.
    """

    __tablename__ = "customer_tasks"
    __resource__ = CUSTOMER_TASKS
    __table_args__ = (
        Index("uq_customer_tasks_holding", "customer_id", "kind", "subject", unique=True, postgresql_where="holds"),
        Index(None, "customer_id"),
        Index(None, "state", "due_at", "id"),
        Index(None, "owner_id", "state", "due_at", "id"),
        Index(None, "team_id", "state", "due_at", "id"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(60), default="")
    about: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    """The fields that it is about; whoever may read none of them does not see it."""
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    holds: Mapped[bool] = mapped_column(default=True)
    """Whether it keeps another one like it from being made: as long as it is open, or dismissed and not put right."""
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why it was dismissed."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    """Nobody if it was done by itself."""

    def dismiss(self, reason: str, *, by: UUID) -> None:
        """It is not to be done; nobody is asked again before it has been right in between."""
        if self.state != OPEN:
            raise TaskClosed
        self.state, self.reason, self.closed_at, self.closed_by = DISMISSED, reason, now(), by
        self.touch()

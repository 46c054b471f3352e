"""A merge of customers, and which services have done their part of it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned
from chassis.identity.events import MERGED, UNMERGED
from contracts.customers import MERGES
from services.customers.merging.errors import NotMerged
from services.customers.models import Base

STATES = MERGING, DONE, UNMERGING, UNDONE = ("merging", "merged", "unmerging", "unmerged")

SERVICES = ("campaigns", "customers", "interactions", "tickets")
"""Those that keep something about customers."""


class Merge(Identified, Versioned, Owned, Base):
    """Some customers became one of them; ``owner_id`` is who merged them."""

    __tablename__ = "merges"
    __resource__ = MERGES
    __table_args__ = (Index(None, "created_at", "id"), Index(None, "survivor_id"))

    survivor_id: Mapped[UUID]
    loser_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    state: Mapped[str] = mapped_column(default=MERGING)
    values_from: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Whose value was chosen for a field, where it was said."""
    acks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """Who has done which step, with how many rows, and when."""

    def acknowledge(self, service: str, step: int, rows: int) -> None:
        """A service has done its part of a step; the last one ends it."""
        if any((one["service"], one["step"]) == (service, step) for one in self.acks):
            return
        self.acks = [*self.acks, {"service": service, "step": step, "rows": rows, "at": now().isoformat()}]
        if not self.missing:
            self.state = {MERGING: DONE, UNMERGING: UNDONE}.get(self.state, self.state)
        self.touch()

    def take_back(self) -> None:
        """The customers are several after all."""
        if self.state not in (MERGING, DONE):
            raise NotMerged(f"It is {self.state}")
        self.state = UNMERGING
        self.touch()

    @property
    def step(self) -> int:
        """What it is at."""
        return MERGED if self.state in (MERGING, DONE) else UNMERGED

    @property
    def missing(self) -> list[str]:
        """The services that have not done their part of the present step."""
        return missing(self.acks, self.step)


def missing(acks: Iterable[dict[str, Any]], step: int) -> list[str]:
    """The services that have not done their part of a step."""
    done = {one["service"] for one in acks if one["step"] == step}
    return [name for name in SERVICES if name not in done]

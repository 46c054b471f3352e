"""Reports that a way to reach somebody is another one now, or none."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Versioned
from chassis.encryption.columns import HoldsSealed, SealedText
from contracts.channels import CHANNEL_REPORTS
from services.customers.models import Base
from services.customers.verifying.errors import AlreadyDecided

SOURCES = FORM, SIGNATURE, IMPORT, CALL, MAIL, SMS, BOUNCE, OTHER = (
    *("form", "signature", "import", "call", "mail", "sms", "bounce", "other"),
)
"""What it is known from: a message that came back (also a short one), a form of the customer, a signature …"""

STATES = OPEN, CONFIRMED, REJECTED = ("open", "confirmed", "rejected")


class ChannelReport(HoldsSealed, Identified, Versioned, Base):
    """That a channel of a customer or contact has another value, or does not work; until somebody decides.

    The mark tells equal reports from others. Of the open ones, and of changes that were rejected, there is one each:
    what has been rejected is not asked again, but an address may bounce another time.
    """

    __tablename__ = "channel_reports"
    __resource__ = CHANNEL_REPORTS
    __table_args__ = (
        Index(
            "uq_channel_reports_standing",
            "customer_id",
            "mark",
            unique=True,
            postgresql_where="state = 'open' OR (state = 'rejected' AND source <> 'bounce')",
        ),
        Index(None, "customer_id", "id"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    contact_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(20))
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    value_sealed: Mapped[bytes | None] = mapped_column("value", LargeBinary)
    value = SealedText()
    """What it is now, if that is known."""
    former_sealed: Mapped[bytes | None] = mapped_column("former", LargeBinary)
    former = SealedText()
    """What it was, or what does not work."""
    evidence_sealed: Mapped[bytes | None] = mapped_column("evidence", LargeBinary)
    evidence = SealedText()
    source: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    reason_sealed: Mapped[bytes | None] = mapped_column("reason", LargeBinary)
    reason = SealedText()
    """Why it was rejected."""
    reported_by: Mapped[UUID | None]
    """Nobody if the suite noticed it by itself."""
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    def decide(self, state: str, *, by: UUID, reason: str | None = None) -> None:
        """Confirm or reject it, once; raises AlreadyDecided."""
        if self.state != OPEN:
            raise AlreadyDecided
        self.state, self.decided_by, self.decided_at, self.reason = state, by, now(), reason
        self.touch()

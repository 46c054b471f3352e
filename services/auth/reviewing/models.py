"""A review and its lines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Versioned
from services.auth.models import Base
from services.auth.reviewing.errors import AlreadyDecided

ROLE, ACCOUNT = "role", "account"
"""What a line is about: a role that somebody has, or an account that nobody uses."""
OPEN, CONFIRMED, REVOKED, MOOT = "open", "confirmed", "revoked", "moot"
"""``moot``: there was nothing left to decide when somebody came to it."""


class AccessReview(Identified, Base):
    """One review of everybody's rights."""

    __tablename__ = "access_reviews"
    __resource__ = None
    __table_args__ = (Index("ix_access_reviews_created_at_id", "created_at", "id"),)

    started_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(Integer, default=0)


class ReviewLine(Identified, Versioned, Base):
    """One right of one person, for one reviewer to decide on."""

    __tablename__ = "access_review_lines"
    __resource__ = None
    __table_args__ = (
        Index("ix_access_review_lines_review_id", "review_id", "id"),
        Index("ix_access_review_lines_reviewer_id", "reviewer_id", "review_id"),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("access_reviews.id", ondelete="CASCADE"))
    reviewer_id: Mapped[UUID | None]
    """None: whoever may review the audit trail."""
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10))
    role_id: Mapped[UUID | None]
    permissions: Mapped[dict[str, str]] = mapped_column(JSONB)
    unused: Mapped[list[str]] = mapped_column(JSONB)
    last_log_in: Mapped[datetime | None]
    stale: Mapped[bool]
    decision: Mapped[str] = mapped_column(String(10), default=OPEN)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)

    def decide(self, decision: str, by: UUID, remark: str | None) -> None:
        """Confirm or revoke; raises AlreadyDecided."""
        if self.decision != OPEN:
            raise AlreadyDecided
        self.decision, self.decided_by, self.decided_at, self.remark = decision, by, now(), remark
        self.touch()


Row = dict[str, Any]

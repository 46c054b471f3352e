"""Links that were sent to people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models import Base


class AccountLink(Base):
    """The last link of one kind that was sent to a person; only the hash (SHA-256) of its token is kept."""

    __tablename__ = "account_links"
    __resource__ = None
    __table_args__ = (
        Index("uq_account_links_token_hash", "token_hash", unique=True),
        Index("ix_account_links_expires_at", "expires_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]

"""Devices that people have logged in from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from services.auth.models import Base


class KnownDevice(Base):
    """A device on which its owner has logged in; only the hash (SHA-256) of the token that it shows is kept."""

    __tablename__ = "known_devices"
    __resource__ = None
    __table_args__ = (
        Index("ix_known_devices_user_id", "user_id", "last_used_at"),
        Index("ix_known_devices_last_used_at", "last_used_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)

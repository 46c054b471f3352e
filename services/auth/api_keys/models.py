"""The keys of programs."""

import secrets
import string
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.identity.api_keys import hash_of
from chassis.identity.events import ApiKeyChanged
from chassis.ids import new_id
from services.auth.models import Base

PREFIX_LENGTH = 8
SECRET_BYTES = 32
LATELY = timedelta(hours=1)
"""How coarsely it is known when a key was last used."""


class ApiKey(Identified, Base):
    """A key with which a program acts for its owner, with one role; only its hash (SHA-256) is kept."""

    __tablename__ = "api_keys"
    __resource__ = None
    __table_args__ = (
        Index("uq_api_keys_hash", "hash", unique=True),
        Index("ix_api_keys_owner_id", "owner_id", "created_at"),
        Index("ix_api_keys_created_at_id", "created_at", "id"),
        Index("ix_api_keys_expires_at", "expires_at"),
    )

    version: Mapped[int] = mapped_column(Integer, default=1)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(PREFIX_LENGTH))
    hash: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @classmethod
    def made(
        cls, *, owner_id: UUID, role_id: UUID, name: str, created_by: UUID, expires_at: datetime
    ) -> "tuple[ApiKey, str]":
        """A new key, and what the program has to show, which is told only now."""
        prefix = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(PREFIX_LENGTH))
        shown = f"rp_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
        key = cls(id=new_id(), version=1, owner_id=owner_id, role_id=role_id, name=name, created_by=created_by)
        key.prefix, key.hash, key.expires_at = prefix, str(hash_of(shown)), expires_at
        return key, shown

    def revoke(self) -> None:
        """Let nobody use it any more."""
        self.revoked_at = now()
        self.version += 1


def api_key_changed(key: ApiKey) -> ApiKeyChanged:
    """The present state of an API key."""
    return ApiKeyChanged(
        aggregate_id=key.id,
        version=key.version,
        owner_id=key.owner_id,
        role_id=key.role_id,
        hash=key.hash,
        expires_at=key.expires_at,
        removed=key.revoked_at is not None,
    )

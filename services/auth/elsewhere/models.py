"""Providers of identities, the accounts there that belong to people here, and log-ins that are under way."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Versioned
from chassis.encryption.columns import HoldsSealed, SealedText
from services.auth.models import Base

ATTEMPT_LIFE = timedelta(minutes=10)


class IdentityProvider(HoldsSealed, Identified, Versioned, Base):
    """Somebody who tells who a person is."""

    __tablename__ = "identity_providers"
    __resource__ = None
    __table_args__ = (Index("uq_identity_providers_name", "name", unique=True),)

    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(200))
    client_secret_sealed: Mapped[bytes] = mapped_column("client_secret", LargeBinary)
    client_secret = SealedText()
    trusted: Mapped[bool] = mapped_column(Boolean)
    """Whether an account here is found by the verified e-mail address that the provider tells."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class LinkedIdentity(Identified, Base):
    """An account with a provider that opens a person's account here."""

    __tablename__ = "linked_identities"
    __resource__ = None
    __table_args__ = (
        Index("uq_linked_identities_subject", "provider_id", "subject", unique=True),
        Index("uq_linked_identities_user", "user_id", "provider_id", unique=True),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("identity_providers.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    def use(self) -> None:
        """Note a log-in."""
        self.last_used_at = now()


class LoginAttempt(Base):
    """A log-in that was begun here and goes on with a provider; kept as hashes of what only the browser has."""

    __tablename__ = "login_attempts"
    __resource__ = None
    __table_args__ = (Index("ix_login_attempts_expires_at", "expires_at"),)

    attempt_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("identity_providers.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Whose account is to be linked; null for a log-in."""
    expires_at: Mapped[datetime]

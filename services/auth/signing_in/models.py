"""The entities of proving who one is: authenticator apps, passkeys, recovery codes, and what is under way."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.encryption.columns import HoldsSealed, SealedText
from services.auth.models import Base

TICKET_LIFE = timedelta(minutes=5)
ENROLMENT_LIFE = timedelta(minutes=15)
LOG_IN, ENROL = "log_in", "enrol"
"""What a ticket is for: to prove a second factor, or to set up the first one."""
CEREMONY_LIFE = timedelta(minutes=5)
TRIES_PER_TICKET = 5


class TotpDevice(HoldsSealed, Identified, Base):
    """The authenticator app of a person; it counts from the moment when a first code has come."""

    __tablename__ = "totp_devices"
    __resource__ = None
    __table_args__ = (Index("uq_totp_devices_user_id", "user_id", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    secret_sealed: Mapped[bytes] = mapped_column("secret", LargeBinary)
    secret = SealedText()
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The time step (of 30 seconds) of the last code that was taken; no code of it or before is taken any more."""

    def confirm(self) -> None:
        """Count from now on."""
        self.confirmed_at = now()

    def spend(self, step: int) -> None:
        """Take no code of this step or before it again."""
        self.last_step = step


class RecoveryCode(Identified, Base):
    """A code on paper that is good once; only a keyed hash is kept."""

    __tablename__ = "recovery_codes"
    __resource__ = None
    __table_args__ = (Index("uq_recovery_codes_code_hash", "code_hash", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Passkey(Identified, Base):
    """A key pair on a person's device (WebAuthn); its private half has never left that device."""

    __tablename__ = "passkeys"
    __resource__ = None
    __table_args__ = (Index("uq_passkeys_credential_id", "credential_id", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    def use(self, sign_count: int) -> None:
        """Note a use, after which a smaller count means that somebody has a copy."""
        self.sign_count, self.last_used_at = sign_count, now()


class Ceremony(Identified, Base):
    """A challenge that a device is to sign: for one purpose, once, within five minutes."""

    __tablename__ = "passkey_ceremonies"
    __resource__ = None
    __table_args__ = (Index("ix_passkey_ceremonies_expires_at", "expires_at"),)

    purpose: Mapped[str] = mapped_column(String(20))
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class LoginTicket(Base):
    """A log-in of which the password was right and something else is still to come; kept as its hash."""

    __tablename__ = "login_tickets"
    __resource__ = None
    __table_args__ = (Index("ix_login_tickets_expires_at", "expires_at"),)

    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    password_mark: Mapped[bytes] = mapped_column(LargeBinary)
    """A hash of the password's hash: with another password the ticket is void."""
    purpose: Mapped[str] = mapped_column(String(10), default=LOG_IN, server_default=LOG_IN)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime]

    @property
    def good(self) -> bool:
        """Whether it can still be used."""
        return now() < self.expires_at and self.failures < TRIES_PER_TICKET

    def fail(self) -> None:
        """Count a wrong proof."""
        self.failures += 1

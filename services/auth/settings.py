"""The settings of auth."""

from dataclasses import dataclass

from chassis.mail.settings import MailSettings
from chassis.outgoing import Network, networks
from chassis.settings import secret_bytes, setting
from services.auth import passwords
from services.auth.addresses import is_email


def password(value: str) -> str:
    """A password of a good length."""
    if not passwords.SHORTEST <= len(value) <= passwords.LONGEST:
        raise ValueError(f"must have {passwords.SHORTEST} to {passwords.LONGEST} characters")
    return value


def email(value: str) -> str:
    """An e-mail address."""
    if not is_email(value):
        raise ValueError("is not an e-mail address")
    return value


def seconds(value: str) -> float:
    """A time in seconds."""
    if not 0 < float(value) < 10**9:
        raise ValueError("must be a positive number of seconds")
    return float(value)


def former_secrets(value: str) -> str:
    """Former SECRET_KEYs, the newest first, separated by commas."""
    for part in value.split(","):
        secret_bytes(part)
    return value


@dataclass(frozen=True, kw_only=True)
class AuthSettings(MailSettings):
    """The settings of auth.

    The first administrator is made by the migration of an empty database; later starts do not look at it.
    """

    admin_email: str = setting("admin@example.com", read=email)
    admin_password: str | None = setting(None, read=password, secret=True)
    signing_key_rotation_seconds: float = setting(30 * 24 * 3600.0, read=seconds)
    """For how long a key signs access tokens."""
    signing_key_ahead_seconds: float = setting(300.0, read=seconds)
    """For how long a key is published before it signs; must outlast an outage of the bus, and 5 seconds in any case."""
    outgoing_networks: tuple[Network, ...] = setting((), read=networks)
    """Private networks in which identity providers may be, also without TLS; none by default."""
    audit_checkpoints: str | None = setting(None)
    """A file, best on another machine's disk, to which each checkpoint of the audit trail is added."""
    audit_former_keys: str = setting("", read=former_secrets, secret=True)
    """Former SECRET_KEYs, under which a part of the audit trail was sealed and signed."""
    audit_alert_factor: float = setting(5.0, read=float)
    """How many times his own median somebody may read, export or delete in a day before there is an alert."""

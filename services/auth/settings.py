"""The settings of auth."""

from dataclasses import dataclass

from chassis.mail.settings import MailSettings
from chassis.settings import setting
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


@dataclass(frozen=True, kw_only=True)
class AuthSettings(MailSettings):
    """The first administrator is made by the migration of an empty database; later starts do not look at it."""

    admin_email: str = setting("admin@example.com", read=email)
    admin_password: str | None = setting(None, read=password, secret=True)

"""The settings of a service that writes to people."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.mail.addresses import address_part, normalised
from chassis.settings import Settings, setting

SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


def smtp_url(value: str) -> str:
    """The mail server: ``smtp://user:password@host:port``, or ``smtps`` or ``smtp+starttls`` for one with TLS."""
    parts = urlsplit(value)
    if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
        raise ValueError(f"must look like smtp://host:port ({', '.join(SMTP_SCHEMES)})")
    if not parts.port:
        raise ValueError("must name the port")
    return value


def mail_from(value: str) -> str:
    """The sender of all messages: an address, or a name with an address in angle brackets."""
    if normalised(address_part(value)) is None:
        raise ValueError("must be an address such as Rockpool <news@example.com>")
    return value


def public_url(value: str) -> str:
    """The address of the gateway as recipients see it, without a slash at the end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must look like https://crm.example.com")
    return value.rstrip("/")


@dataclass(frozen=True, kw_only=True)
class MailSettings(Settings):
    """Where mail goes, from whom, and where its links lead."""

    smtp_url: str = setting(read=smtp_url, secret=True)
    mail_from: str = setting(read=mail_from)
    public_url: str = setting(read=public_url)

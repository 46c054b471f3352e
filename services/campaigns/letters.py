"""A rendered message as it travels: MIME with the headers that bulk mail needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID

from chassis.clock import now
from services.campaigns.addresses import normalised
from services.campaigns.rendering import Rendered, one_line


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that stays in one line: the standard library would encode a long URL in pieces that nobody reads."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unfolded)
_HEADERS.map_to_type("message-id", _Unfolded)
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")


@dataclass(frozen=True)
class Envelope:
    """What SMTP itself is told."""

    sender: str
    recipient: str
    content: bytes


def address_part(mailbox: str) -> str:
    """The bare address of ``Name <address>``."""
    return parseaddr(mailbox)[1]


def domain_of(mailbox: str) -> str:
    """The domain of ``Name <address>``, in ASCII."""
    return str(normalised(address_part(mailbox))).rpartition("@")[2]


def message_id(campaign_id: UUID, recipient_id: UUID, mail_from: str) -> str:
    """The same for the same recipient of the same campaign, so that it can be looked up in the log of a mail server."""
    return f"<{campaign_id.hex}.{recipient_id.hex}@{domain_of(mail_from)}>"


def bulk_letter(rendered: Rendered, *, mail_from: str, to: str, name: str, own_id: str, unsubscribe: str) -> Envelope:
    """A message of a campaign, with one-click unsubscription (RFC 2369, RFC 8058)."""
    further = [
        ("Message-ID", own_id),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        ("Auto-Submitted", "auto-generated"),
    ]
    return _letter(rendered, mail_from, to, name, further)


def _letter(rendered: Rendered, mail_from: str, to: str, name: str, further: Sequence[tuple[str, str]]) -> Envelope:
    recipient = _wire_form(to)
    message = EmailMessage(policy=_POLICY if recipient.isascii() else _POLICY.clone(utf8=True))
    message["From"] = _address(parseaddr(mail_from)[0], _wire_form(address_part(mail_from)))
    message["To"] = _address(name, recipient)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(now())
    for header, value in further:
        message[header] = value
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return Envelope(_wire_form(address_part(mail_from)), recipient, message.as_bytes())


def _wire_form(email: str) -> str:
    """The address as its owner writes it, with its domain in ASCII."""
    local = email.strip().rpartition("@")[0]
    return f"{local}@{str(normalised(email)).rpartition('@')[2]}"


def _address(name: str, address: str) -> Address:
    username, _, domain = address.rpartition("@")
    return Address(one_line(name), username, domain)

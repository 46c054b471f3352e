"""A message as it travels: MIME, in plain text and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from unicodedata import category

from chassis.clock import now
from chassis.mail.addresses import address_part, wire_form


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


@dataclass(frozen=True)
class Content:
    """What the reader sees."""

    subject: str
    html: str
    text: str


def letter(content: Content, *, mail_from: str, to: str, name: str, headers: Sequence[tuple[str, str]]) -> Envelope:
    """A message from ``Name <address>`` to one recipient, with further headers such as Message-ID."""
    recipient = wire_form(to)
    message = EmailMessage(policy=_POLICY if recipient.isascii() else _POLICY.clone(utf8=True))
    message["From"] = _address(parseaddr(mail_from)[0], wire_form(address_part(mail_from)))
    message["To"] = _address(name, recipient)
    message["Subject"] = content.subject
    message["Date"] = format_datetime(now())
    for header, value in headers:
        message[header] = value
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return Envelope(wire_form(address_part(mail_from)), recipient, message.as_bytes())


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, fit for a header."""
    return "".join(letter for letter in " ".join(text.split()) if category(letter) != "Cc")


def _address(name: str, address: str) -> Address:
    username, _, domain = address.rpartition("@")
    return Address(one_line(name), username, domain)

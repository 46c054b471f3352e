"""A mail server that keeps what it takes, and that tests can interrupt at each step of the conversation."""

from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from devservers.ports import HOST, free_ports

Answer = Callable[[str], str | None]
"""Given an address, another reply than the usual one; it may also do something else, such as kill somebody."""


class MailSink:
    """The server; ``at_sender``, ``at_recipient`` and ``at_message`` are asked at MAIL, at RCPT and after the dot."""

    def __init__(self, *, port: int | None = None, smtputf8: bool = True) -> None:
        self.port = port or free_ports(1)[0]
        self.messages: list[tuple[str, EmailMessage]] = []
        self.connections = 0
        self.at_sender: Answer = lambda _: None
        self.at_recipient: Answer = lambda _: None
        self.at_message: Answer = lambda _: None
        self._controller = Controller(self, hostname=HOST, port=self.port, enable_SMTPUTF8=smtputf8)

    def start(self) -> "MailSink":
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller.loop.is_running():
            self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """Whom the messages were for, in the order of their arrival."""
        return [recipient for recipient, _ in self.messages]

    @property
    def repeated(self) -> dict[str, int]:
        """Who got more than one message: there must be nobody."""
        return {address: count for address, count in Counter(self.recipients).items() if count > 1}

    def message_to(self, address: str) -> EmailMessage:
        (message,) = [message for recipient, message in self.messages if recipient == address]
        return message

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: Any) -> Any:  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return replies

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        reply = self.at_sender(address)
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        reply = self.at_recipient(address)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        reply = self.at_message(address)
        if reply is not None:
            return reply
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append((address, message_from_bytes(content, policy=policy.default)))
        return "250 Kept"

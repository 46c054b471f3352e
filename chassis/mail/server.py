"""The conversation with the mail server (RFC 5321), taken apart at the one point that cannot be undone.

A server delivers a message when it has seen the line with the single dot at its end, and not before. So everything up
to that dot can be tried again; who dies before it has sent nothing. Between the dot and the answer nobody knows.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from chassis.mail.letters import Envelope

TIMEOUT_SECONDS = 15.0
LAST_TIMEOUT_SECONDS = 300.0
"""For the answer to a whole message, which servers may examine at length (RFC 5321, 4.5.3.2.6)."""
SERVICE_CLOSES = 421
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
LONGEST_REPLY = 300

Reply = tuple[int, bytes]


class Refused(Exception):
    """The server does not take this message; ``temporary`` if it may later."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(_text(reply))
        self.temporary = reply[0] < 500


class ServerAway(Exception):
    """There is no server to talk to just now, or none that listens to us; the message has not left."""


class NoAnswer(Exception):
    """The message has left, but the server did not say whether it has taken it."""


class MailServer:
    """One connection, opened when it is needed and used for one message after the other."""

    def __init__(self, url: str, introduced_as: str) -> None:
        self._parts = urlsplit(url)
        self._introduced_as = introduced_as
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except OSError:
                smtp.close()

    def send(self, letter: Envelope, before_last_dot: Callable[[], None]) -> None:
        """Hand over a message; returns when the server has taken it.

        ``before_last_dot`` is called when only the dot is missing; if it raises, the server gets no message.
        Raises Refused, ServerAway and NoAnswer.
        """
        try:
            smtp = self._introduced(letter)
            self._expect(smtp.rcpt(letter.recipient), 250, 251)
            self._expect(smtp.docmd("DATA"), 354)
            smtp.send(_on_the_wire(letter.content))
        except OSError as error:
            self._hang_up()
            raise ServerAway(_text_of(error)) from error
        try:
            before_last_dot()
        except BaseException:
            self._hang_up()
            raise
        self._expect(self._last_dot(smtp), *range(200, 300))

    def _last_dot(self, smtp: smtplib.SMTP) -> Reply:
        try:
            _wait_for(smtp, LAST_TIMEOUT_SECONDS)
            smtp.send(b".\r\n")
            reply = smtp.getreply()
            _wait_for(smtp, TIMEOUT_SECONDS)
        except OSError as error:
            self._hang_up()
            raise NoAnswer(_text_of(error)) from error
        if not 200 <= reply[0] < 600:
            self._hang_up()
            raise NoAnswer(_text(reply))
        return reply

    def _introduced(self, letter: Envelope) -> smtplib.SMTP:
        """A connection that has taken the sender; one that went stale while it was idle is opened anew."""
        if self._smtp is not None:
            try:
                return self._with_sender(self._smtp, letter)
            except (OSError, ServerAway):
                self._hang_up()
        self._smtp = self._connected()
        return self._with_sender(self._smtp, letter)

    def _with_sender(self, smtp: smtplib.SMTP, letter: Envelope) -> smtplib.SMTP:
        options = []
        if not letter.recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                raise Refused((553, b"The mail server takes no addresses beyond ASCII"))
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        reply = smtp.mail(letter.sender, options)
        if reply[0] != 250:
            # It is not the recipient's fault if we are not welcome.
            self._hang_up()
            raise ServerAway(_text(reply))
        return smtp

    def _connected(self) -> smtplib.SMTP:
        scheme, host, port = self._parts.scheme, str(self._parts.hostname), int(self._parts.port or 0)
        told: Any = {"local_hostname": self._introduced_as, "timeout": TIMEOUT_SECONDS}
        trusted = ssl.create_default_context()  # verifies certificate and name, which smtplib alone would not
        smtp = (
            smtplib.SMTP_SSL(host, port, context=trusted, **told)
            if scheme == "smtps"
            else smtplib.SMTP(host, port, **told)
        )
        if smtp.sock is not None:
            # The last dot is a packet of its own, which must not wait for the server's delayed acknowledgement.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if scheme == "smtp+starttls":
                smtp.starttls(context=trusted)
            smtp.ehlo_or_helo_if_needed()
            if self._parts.username:
                smtp.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        except OSError:
            smtp.close()
            raise
        return smtp

    def _expect(self, reply: Reply, *good: int) -> None:
        if reply[0] in good:
            return
        if reply[0] == SERVICE_CLOSES or not 400 <= reply[0] < 600:
            self._hang_up()
            raise ServerAway(_text(reply))
        self._start_over()
        raise Refused(reply)

    def _start_over(self) -> None:
        """Forget the message at hand and keep the connection."""
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        """Break off in the middle: what the server has heard so far is no message."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _wait_for(smtp: smtplib.SMTP, seconds: float) -> None:
    """From now on, let the server take that long for an answer."""
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _on_the_wire(content: bytes) -> bytes:
    """The message without its last dot: leading dots doubled, a line break at the end."""
    stuffed = LEADING_DOT.sub(b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _text(reply: Reply) -> str:
    return f"{reply[0]} {reply[1].decode('utf-8', 'replace')}"[:LONGEST_REPLY].strip()


def _text_of(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text((error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""))
    return str(error)[:LONGEST_REPLY] or type(error).__name__

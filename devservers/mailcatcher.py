"""A small real SMTP server that delivers nothing: it keeps every message and shows it over HTTP.

python -m devservers.mailcatcher --smtp-port 2525 --http-port 2580 --folder .run/mail

GET /messages            list as JSON        GET /messages/ID         the message as received
DELETE /messages         throw all away      GET /messages/ID.json    headers, decoded texts, links
GET, PUT /behaviour      {"delay_seconds": 0.5, "refuse": "recipient", "refuse_only": "@slow.test", "reply": "451 no"}
"""

import argparse
import asyncio
import html
import json
import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from devservers.mail_folder import MailFolder
from devservers.ports import HOST

_MAX_MESSAGE = 50 * 1024 * 1024


@dataclass(frozen=True)
class Behaviour:
    """How the server treats its clients; changed over HTTP by tests of what senders do about a bad server.

    refuse: "" (nothing), "sender" (at MAIL FROM), "recipient" (at RCPT TO) or "message" (after DATA).
    refuse_only: only where the address contains this text; for "message" one of the recipients.
    """

    delay_seconds: float = 0.0
    refuse: str = ""
    reply: str = "451 4.3.0 Come back later"
    refuse_only: str = ""

    def refuses(self, stage: str, *addresses: str) -> bool:
        """Whether a client is turned away at this stage."""
        return self.refuse == stage and any(self.refuse_only in address for address in addresses)


class Reception:
    """What aiosmtpd asks at each step of the dialogue."""

    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder
        self.behaviour = Behaviour()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a sender."""
        if self.behaviour.refuses("sender", address):
            return self.behaviour.reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.behaviour.refuses("recipient", address):
            return self.behaviour.reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a message, then say so: what was acknowledged is on disk."""
        behaviour = self.behaviour
        if behaviour.delay_seconds:
            await asyncio.sleep(behaviour.delay_seconds)
        if behaviour.refuses("message", *envelope.rcpt_tos):
            return behaviour.reply
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        await asyncio.to_thread(self.folder.keep, envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 2.0.0 Kept"


class _Window(BaseHTTPRequestHandler):
    """The HTTP side."""

    protocol_version = "HTTP/1.1"
    server: "_WindowServer"

    def do_GET(self) -> None:
        """The list, one message, the behaviour, or a page for people."""
        reception = self.server.reception
        match self.path.split("?")[0].strip("/").split("/"):
            case ["messages"]:
                self._answer_json([asdict(envelope) for envelope in reception.folder.envelopes()])
            case ["messages", name] if name.endswith(".json"):
                self._answer_json(reception.folder.readable(name.removesuffix(".json")))
            case ["messages", key]:
                self._answer(reception.folder.raw(key), "message/rfc822")
            case ["behaviour"]:
                self._answer_json(asdict(reception.behaviour))
            case ["livez"]:
                self._answer(b"ok\n", "text/plain")
            case [""]:
                self._answer(_page(reception.folder).encode(), "text/html; charset=utf-8")
            case _:
                self._answer(None, "text/plain")

    def do_DELETE(self) -> None:
        """Throw all messages away."""
        self.server.reception.folder.clear()
        self._answer(b"", "text/plain", HTTPStatus.NO_CONTENT)

    def do_PUT(self) -> None:
        """Change the behaviour; what is not named goes back to normal."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.server.reception.behaviour = Behaviour(**json.loads(body or b"{}"))
        except (TypeError, ValueError) as problem:
            self._answer(f"{problem}\n".encode(), "text/plain", HTTPStatus.BAD_REQUEST)
            return
        self._answer_json(asdict(self.server.reception.behaviour))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the list of messages is the log."""

    def _answer_json(self, value: object) -> None:
        self._answer(None if value is None else json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _answer(self, body: bytes | None, media_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(HTTPStatus.NOT_FOUND if body is None else status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body or b"")


class _WindowServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, reception: Reception) -> None:
        super().__init__((HOST, port), _Window)
        self.reception = reception


def serve(smtp_port: int, http_port: int, folder: Path, stop: threading.Event) -> None:
    """Run both sides until told to stop."""
    reception = Reception(MailFolder(folder))
    smtp = Controller(reception, hostname=HOST, port=smtp_port, data_size_limit=_MAX_MESSAGE, enable_SMTPUTF8=True)
    window = _WindowServer(http_port, reception)
    smtp.start()
    threading.Thread(target=window.serve_forever, daemon=True).start()
    print(f"mail catcher: smtp://{HOST}:{smtp_port}, messages at http://{HOST}:{http_port}/messages", flush=True)
    stop.wait()
    smtp.stop()
    window.shutdown()
    window.server_close()


def _page(folder: MailFolder) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(mail.received_at[:19])}</td><td>{html.escape(', '.join(mail.recipients))}</td>"
        f'<td><a href="/messages/{mail.id}.json">{html.escape(mail.subject) or "(no subject)"}</a></td></tr>'
        for mail in reversed(folder.envelopes())
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>Caught mail</title><table>{rows or '<tr><td>No mail yet'}</table>"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m devservers.mailcatcher", description="Keeps every message, delivers none."
    )
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(options.smtp_port, options.http_port, options.folder, stop)


if __name__ == "__main__":
    main()

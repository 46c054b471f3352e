"""Messages as files: one .eml as it was received, and beside it who it came from and whom it went to."""

import email
import email.policy
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import cast
from uuid import uuid4

_KEY = re.compile(r"[0-9]{10,25}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Envelope:
    """What the SMTP dialogue said, and the lines of the message that a list shows."""

    id: str
    sender: str
    recipients: list[str]
    subject: str
    size: int
    received_at: str


class MailFolder:
    """The folder that caught messages are kept in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> Envelope:
        """Store a message; it is listed only when both of its files are complete."""
        key = f"{time.time_ns()}-{uuid4().hex[:8]}"
        subject = str(_parsed(content).get("Subject", ""))
        received_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        envelope = Envelope(key, sender, list(recipients), subject, len(content), received_at)
        self._eml(key).write_bytes(content)
        unfinished = self.folder / f"{key}.part"
        unfinished.write_text(json.dumps(asdict(envelope), ensure_ascii=False))
        unfinished.rename(self.folder / f"{key}.json")
        return envelope

    def envelopes(self) -> list[Envelope]:
        """All messages, the oldest first."""
        return [Envelope(**json.loads(file.read_text())) for file in sorted(self.folder.glob("*.json"))]

    def raw(self, key: str) -> bytes | None:
        """The message as it was received; None if there is no such message."""
        if not _KEY.fullmatch(key):
            return None
        try:
            return self._eml(key).read_bytes()
        except FileNotFoundError:
            return None

    def readable(self, key: str) -> dict[str, object] | None:
        """Headers and decoded texts of a message, for tests and for people with curl."""
        content = self.raw(key)
        if content is None:
            return None
        message = _parsed(content)
        texts = dict(_texts(message))
        return {
            "headers": {name: str(value) for name, value in message.items()},
            "text": texts.get("text/plain"),
            "html": texts.get("text/html"),
            "links": sorted({link for text in texts.values() for link in re.findall(r"https?://[^\s\"'<>]+", text)}),
        }

    def clear(self) -> None:
        """Throw all messages away."""
        for file in self.folder.glob("*.json"):
            file.unlink(missing_ok=True)
            self._eml(file.stem).unlink(missing_ok=True)

    def _eml(self, key: str) -> Path:
        return self.folder / f"{key}.eml"


def _parsed(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def _texts(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in message.walk():
        if part.get_content_maintype() == "text" and not part.is_attachment():
            yield part.get_content_type(), cast(str, part.get_content())

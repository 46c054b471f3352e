"""Notices of mail servers that a message could not be delivered (RFC 3464): whom it did not reach for good."""

from email import message_from_string
from email.message import Message
from typing import NamedTuple

FAILED = "failed"
PERMANENT = "5."
"""With which the status codes begin that say that trying again is of no use (RFC 3463)."""
MOST = 50


class Failure(NamedTuple):
    """An address, and what the mail server said of it."""

    address: str
    said: str


def failures_in(notice: str) -> list[Failure]:
    """The addresses that a notice gives up, each once; none for what is no notice, or only says that mail waits."""
    found: dict[str, Failure] = {}
    for part in message_from_string(notice).walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, Message) and (failure := _failure(block)):
                    found.setdefault(failure.address, failure)
    return list(found.values())[:MOST]


def _failure(block: Message) -> Failure | None:
    """What is said of one recipient. The first address is the one that we wrote to, before anybody forwarded it."""
    status = _text(block, "Status")
    if _text(block, "Action").lower() != FAILED or not status.startswith(PERMANENT):
        return None
    kind, _, address = (_text(block, "Original-Recipient") or _text(block, "Final-Recipient")).partition(";")
    address = address.strip().strip("<>").lower()
    if kind.strip().lower() != "rfc822" or "@" not in address:
        return None
    return Failure(address, f"{status} {_text(block, 'Diagnostic-Code')}".strip()[:1000])


def _text(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())

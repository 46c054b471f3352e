"""What follows from the channels of a record, or of a draft of one, for searches, comparisons and letters."""

from typing import Any

from chassis.encryption.vault import Vault
from chassis.subjects.subject import ERASED
from services.customers.channel_book import BOUNCED, FAX, MAIL, MOBILE, PHONE, Book, Channel
from services.customers.marks import beside_of, marks_of

DIALLED = (PHONE, MOBILE)


def marks_of_all(vault: Vault, record: Any) -> list[bytes]:
    """The marks of all channels; those of one that is not current, or a fax, only find the record."""
    phone, email, text = record.phone, record.email, record.channels
    if not text:
        return marks_of(vault, email, phone)
    channels = _channels(phone, email, text)
    present = [one for one in channels if one.is_current and one.kind != FAX]
    beside = [one for one in channels if one not in present]
    found = [mark for one in present for mark in _marks(vault, one)]
    found += beside_of(
        vault,
        [one.value for one in beside if one.kind == MAIL],
        [one.value for one in beside if one.kind in (*DIALLED, FAX)],
    )
    return list(dict.fromkeys(found))


def reached_at(record: Any) -> tuple[list[str], list[str]]:
    """The telephone numbers and mail addresses that are the record's, and are not stale."""
    phone, email, text = record.phone, record.email, getattr(record, "channels", None)
    if not text:
        return [phone] if phone else [], [email] if email else []
    current = [one for one in _channels(phone, email, text) if one.is_current]
    numbers = [one.value for one in current if one.kind in DIALLED]
    return numbers, [one.value for one in current if one.kind == MAIL]


def deliverable(record: Any) -> str | None:
    """The primary mail address, unless mail to it came back."""
    email: str | None = record.email
    text = getattr(record, "channels", None)
    if not email or not text:
        return email
    primary = Book(None, {"email": email}, text).primary(MAIL)
    return None if primary and primary.state == BOUNCED else email


def forget_erased(record: Any) -> None:
    """Let the channels and addresses go of which an erasure has left nothing."""
    book = record.book()
    book.channels = [one for one in book.channels if ERASED not in one.value]
    record.channels = book.text
    addresses = record.addresses_book()
    addresses.addresses = [one for one in addresses.addresses if ERASED not in one.text]
    record.addresses = addresses.text


def _channels(phone: str | None, email: str | None, text: str) -> list[Channel]:
    return Book(None, {"phone": phone, "email": email}, text).channels


def _marks(vault: Vault, one: Channel) -> list[bytes]:
    if one.kind == MAIL:
        return marks_of(vault, one.value, None)
    return marks_of(vault, None, one.value) if one.kind in DIALLED else []

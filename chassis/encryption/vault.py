"""The vault of one service: seals its columns and documents, and makes the blind indexes that find sealed values."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from chassis.encryption.keyring import Keyring, derived_key
from chassis.encryption.sealing import Sealer, is_sealed
from chassis.events import encode

MARK_BYTES = 16


class Vault:
    """Everything that a service seals for itself alone.

    Sealed values carry the id of their key and are sealed anew when keys rotate. Marks are not: their key comes of the
    service's own secret, so that whatever is equal has equal marks at any time, also halfway through a rotation.
    """

    def __init__(self, keyring: Keyring, service: str, secret_key: bytes) -> None:
        self.columns = Sealer(keyring, f"{service} columns")
        self.documents = Sealer(keyring, f"{service} documents")
        self._marking = hmac.new(derived_key(secret_key, f"{service} blind index"), digestmod="sha256")
        """With its key set up; each mark goes on from a copy, which takes half the time."""

    def seal(self, text: str | None, column: str, row_id: UUID) -> Any:
        """The text for a column, called ``table.column``, of one row; None stays None."""
        return None if text is None else self.columns.seal(text.encode(), _place(column) + row_id.bytes)

    def open(self, sealed: bytes | None, column: str, row_id: UUID) -> str | None:
        """The text of a sealed column; raises CannotOpen."""
        return None if sealed is None else self.columns.open(bytes(sealed), _place(column) + row_id.bytes).decode()

    def reseal(self, sealed: bytes, column: str, row_id: UUID) -> bytes:
        """The same text, sealed with the newest key."""
        place = _place(column) + row_id.bytes
        return self.columns.seal(self.columns.open(bytes(sealed), place), place)

    def open_rows(self, rows: list[dict[str, Any]], table: str, names: Iterable[str]) -> list[dict[str, Any]]:
        """The rows of a query, which have an ``id``, with these columns opened in place."""
        opened = self.columns.open
        places = [(name, _place(f"{table}.{name}")) for name in names]
        for row in rows:
            row_id = row["id"].bytes
            for name, place in places:
                if (sealed := row[name]) is not None:
                    row[name] = opened(bytes(sealed), place + row_id).decode()
        return rows

    def mark(self, kind: str, text: str) -> bytes:
        """The blind index of a normalised value: equal for equal values, and of no use without the service's secret."""
        marking = self._marking.copy()
        marking.update(f"{kind}\n{text}".encode())
        return marking.digest()[:MARK_BYTES]

    def seal_document(self, content: bytes, place: str) -> bytes:
        """A document that the chassis keeps, such as an answer, bound to where it is kept."""
        return self.documents.seal(content, place.encode())

    def open_document(self, content: bytes, place: str) -> bytes:
        """A document as it was; one that was stored before documents were sealed is answered as it is."""
        content = bytes(content)
        return self.documents.open(content, place.encode()) if is_sealed(content) else content

    def seal_json(self, value: Any, place: str) -> Any:
        """A JSON value for a column that holds JSON: ``{"sealed": base64}``; None stays None."""
        return None if value is None else {SEALED: b64encode(self.seal_document(encode(value), place)).decode()}

    def open_json(self, value: Any, place: str) -> Any:
        """The value that ``seal_json`` was given, with the types of JSON."""
        if not isinstance(value, dict) or value.keys() != {SEALED}:
            return value
        return orjson.loads(self.documents.open(b64decode(value[SEALED]), place.encode()))


SEALED = "sealed"


@cache
def _place(column: str) -> bytes:
    return f"{column}\n".encode()


def to_json(value: bytes | None) -> str | None:
    """Bytes as PostgreSQL writes them into JSON and reads them from it."""
    return None if value is None else f"\\x{value.hex()}"


def from_json(text: str | None) -> bytes | None:
    """The bytes that ``to_json`` was given."""
    return None if text is None else bytes.fromhex(text.removeprefix("\\x"))

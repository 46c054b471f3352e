"""Sealed files: what lies in the blob store, and what is put down for a while, tells nothing to who reads the disk.

A sealed file is a magic line and then frames of 64 KiB, each sealed by itself and bound to the file, its number and
whether it is the last, so that frames can be neither swapped nor cut off unseen.
"""

import os
import tempfile
from collections.abc import Iterator
from io import BufferedReader, RawIOBase, UnsupportedOperation
from typing import Any, BinaryIO, Protocol, cast

from chassis.encryption.errors import NotGenuine
from chassis.encryption.keyring import Keyring
from chassis.encryption.sealing import NONCE_BYTES, TAG_BYTES, Sealer, header_of

MAGIC = b"rockpool sealed file 1\n"
FRAME = 1 << 16
LENGTH_BYTES = 4


class Store(Protocol):
    """A blob store: see ``chassis.blobs``."""

    def put(self, key: str, content: BinaryIO) -> int:
        """Store a file."""

    def open(self, key: str) -> BinaryIO:
        """Read a file."""

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""

    def delete(self, key: str) -> None:
        """Remove a file."""


class SealedBlobStore:
    """A blob store whose files are sealed for their keys; a file that is not sealed is not there."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._sealer = Sealer(keyring, "suite files")

    def put(self, key: str, content: BinaryIO) -> int:
        """Store a whole file; see BlobStore."""
        sealed = _Sealing(self._sealer, key, content)
        self._store.put(key, cast(BinaryIO, sealed))
        return sealed.size

    def open(self, key: str) -> BinaryIO:
        """The file for reading; see BlobStore."""
        stored = self._store.open(key)
        if stored.read(len(MAGIC)) != MAGIC:
            stored.close()
            raise FileNotFoundError(f"The file {key} was not stored by this suite")
        return cast(BinaryIO, BufferedReader(SealedReader(self._sealer, key, stored), FRAME))

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return self._store.exists(key)

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        self._store.delete(key)


class _Sealing:
    """A stream of sealed bytes, made of one of clear bytes while it is read."""

    def __init__(self, sealer: Sealer, name: str, content: BinaryIO) -> None:
        self._parts = _frames(sealer, name, content, self)
        self._rest = b""
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        while size < 0 or len(self._rest) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._rest += part
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _frames(sealer: Sealer, name: str, content: BinaryIO, counter: _Sealing) -> Iterator[bytes]:
    yield MAGIC
    number, clear = 0, _exactly(content, FRAME)
    while True:
        following = _exactly(content, FRAME) if len(clear) == FRAME else b""
        counter.size += len(clear)
        yield _frame(sealer, name, number, clear, last=not following)
        if not following:
            return
        number, clear = number + 1, following


def _frame(sealer: Sealer, name: str, number: int, clear: bytes, *, last: bool) -> bytes:
    sealed = sealer.seal(clear, _place(name, number, last))
    return len(sealed).to_bytes(LENGTH_BYTES) + sealed


def _place(name: str, number: int, last: bool) -> bytes:
    return f"{name}\n{number}\n{'last' if last else 'more'}".encode()


def _exactly(stream: Any, size: int) -> bytes:
    """So many bytes, or all that are left."""
    taken = b""
    while len(taken) < size and (block := stream.read(size - len(taken))):
        taken += block
    return taken


class SealedReader(RawIOBase):
    """Reads the clear bytes of a sealed file, behind its magic line, a frame at a time."""

    def __init__(self, sealer: Sealer, name: str, stored: BinaryIO) -> None:
        self._sealer, self._name, self._stored = sealer, name, stored
        self._number, self._rest = 0, b""
        self._next = self._sealed_frame()

    @property
    def size(self) -> int:
        """How many clear bytes there are in all; to be asked before reading."""
        frame = self._next or b""
        here = self._stored.tell()
        end = self._stored.seek(0, os.SEEK_END)
        self._stored.seek(here)
        overhead = LENGTH_BYTES + len(header_of(frame)) + NONCE_BYTES + TAG_BYTES
        full, rest = divmod(end - len(MAGIC), LENGTH_BYTES + len(frame))
        return full * (LENGTH_BYTES + len(frame) - overhead) + max(0, rest - overhead)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the next clear bytes; raises CannotOpen for a file that was tampered with."""
        while not self._rest and self._next is not None:
            following = self._sealed_frame()
            self._rest = self._opened(last=following is None)
            self._number, self._next = self._number + 1, following
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def fileno(self) -> int:
        """There is no file that holds the clear bytes."""
        raise UnsupportedOperation("fileno")

    def close(self) -> None:
        """Close the stored file, too."""
        self._stored.close()
        super().close()

    def _opened(self, *, last: bool) -> bytes:
        return self._sealer.open(self._next or b"", _place(self._name, self._number, last))

    def _sealed_frame(self) -> bytes | None:
        length = _exactly(self._stored, LENGTH_BYTES)
        if not length:
            return None
        frame = _exactly(self._stored, int.from_bytes(length))
        if len(length) < LENGTH_BYTES or len(frame) < int.from_bytes(length):
            raise NotGenuine("A sealed file ends in the middle")
        return frame


class Scratch:
    """A temporary file of which the disk holds only sealed bytes; the key is gone with the process.

    It is written once, and then read from its beginning as often as need be.
    """

    def __init__(self) -> None:
        self._sealer = Sealer(Keyring.generate(), "scratch")
        self._stored: Any = tempfile.TemporaryFile()  # noqa: SIM115  # close() closes it
        self._number, self._clear = 0, bytearray()
        self._written = False
        self._reader: Any = None

    def write(self, data: bytes) -> int:
        """Add to the end; before the first reading only."""
        self._clear += data
        while len(self._clear) > FRAME:
            self._put(bytes(self._clear[:FRAME]), last=False)
            del self._clear[:FRAME]
        return len(data)

    def reader(self) -> BufferedReader:
        """The file from its beginning; one at a time."""
        if not self._written:
            self._put(bytes(self._clear), last=True)
            self._written, self._clear = True, bytearray()
        self._stored.seek(0)
        return BufferedReader(SealedReader(self._sealer, "", _Unclosed(self._stored)), FRAME)  # type: ignore[arg-type]

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to the beginning, where reading starts."""
        if place or whence:
            raise UnsupportedOperation("a scratch file is read from its beginning")
        self._reader = self.reader()
        return 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes after ``seek(0)``."""
        return bytes(self._reader.read(size))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reader)

    @property
    def closed(self) -> bool:
        """Whether it is gone."""
        return bool(self._stored.closed)

    def close(self) -> None:
        """Give the disk back."""
        self._stored.close()

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, clear: bytes, *, last: bool) -> None:
        self._stored.write(_frame(self._sealer, "", self._number, clear, last=last))
        self._number += 1


class _Unclosed:
    """A file that stays open when its reader is closed."""

    def __init__(self, file: Any) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def close(self) -> None:
        """Leave it open."""

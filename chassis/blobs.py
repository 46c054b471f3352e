"""Files, kept outside of the databases and the bus: messages carry their keys only."""

import re
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, urlsplit

from chassis.ids import new_id

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class BlobStore(Protocol):
    """A place for files; keys are paths of plain names, such as ``uploads/…/….csv``."""

    def put(self, key: str, content: BinaryIO) -> int:
        """Store a whole file under a key, replacing another in one step. Returns its size in bytes."""

    def open(self, key: str) -> BinaryIO:
        """The file for reading; raises FileNotFoundError."""

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""


class FolderBlobStore:
    """Files in a local folder; what is half written is never seen under its key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: BinaryIO) -> int:
        """Store a whole file; see BlobStore."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{new_id().hex}")
        try:
            with partial.open("xb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
                size = file.tell()
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return size

    def open(self, key: str) -> BinaryIO:
        """The file for reading; see BlobStore."""
        return self._path(key).open("rb")

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise FileNotFoundError(f"{key!r} is no key of a file")
        return self._folder / key


def open_blob_store(url: str) -> BlobStore:
    """The store at ``file:///folder`` or ``s3://bucket/prefix?endpoint=https://…``; raises ValueError for others."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return FolderBlobStore(Path(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        from chassis.s3_blobs import S3BlobStore  # only where it is used: the library is large

        prefix = parts.path.strip("/")
        return S3BlobStore(
            parts.netloc, f"{prefix}/" if prefix else "", parse_qs(parts.query).get("endpoint", [None])[0]
        )
    raise ValueError(f"BLOB_STORE {url!r} is not supported: use file:///folder or s3://bucket")

"""Made-up contact data that is to be found nowhere, and a search for it in all that a suite leaves on the disk."""

import mmap
import random
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg2
from psycopg2 import sql

from launcher.suite import SERVICES
from tests.e2e.suite import WholeSuite

OUTSIDE = ("mail", "secrets")
"""Below the suite's folder: the mail server of the recipients, and what only the owner may read anyway."""


@dataclass
class Canaries:
    """E-mail addresses, telephone numbers and postal addresses that no other test uses."""

    run: str = field(default_factory=lambda: uuid4().hex[:10])
    number: str = field(default_factory=lambda: f"{random.randrange(10**5, 10**6)}")
    planted: list[str] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)

    def keep(self, secret: str) -> str:
        """A secret that the suite itself has made, in base32: neither its text nor its bytes are to be found."""
        self.secrets += [secret.encode(), b32decode(secret)]
        return secret

    def email(self) -> str:
        """An address for mail."""
        return self._plant(f"canary{self.run}n{len(self.planted)}@mail.example")

    def phone(self) -> str:
        """A number, as somebody would write it; what is looked for are its digits."""
        digits = self._plant(f"4989{self.number}{len(self.planted):03}")
        return f"+{digits[:2]} {digits[2:4]} {digits[4:]}"

    def address(self) -> str:
        """Where somebody lives."""
        return self._plant(f"{len(self.planted)} canary{self.run} Lane")

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What all of them have in common."""
        return f"canary{self.run}".encode(), f"89{self.number}".encode(), *self.secrets

    def _plant(self, canary: str) -> str:
        self.planted.append(canary)
        return canary


def found_on_disk(suite: WholeSuite, *marks: bytes) -> list[str]:
    """The files below the suite's folder that hold one of these: databases, WAL, broker, logs, files, the rest."""
    return [str(file.relative_to(suite.places.run)) for file in _files(suite.places.run) if _holds(file, marks)]


def found_in_tables(suite: WholeSuite, *marks: bytes) -> list[str]:
    """The tables that hold one of these in a row, however PostgreSQL may have compressed it."""
    return [name for service in SERVICES for name in _tables_with(suite, service, marks)]


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if file.relative_to(folder).parts[0] not in OUTSIDE and file.is_file() and not file.is_symlink():
            yield file


def _holds(file: Path, marks: tuple[bytes, ...]) -> bool:
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(mark) >= 0 for mark in marks)
    except (FileNotFoundError, ValueError):  # gone since, or empty
        return False


def _tables_with(suite: WholeSuite, service: str, marks: tuple[bytes, ...]) -> Iterator[str]:
    url = (suite.places.secrets / f"{service}_database_url").read_text().replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            for (table,) in cursor.fetchall():
                cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
                if any(_says(row[0], marks) for row in cursor):
                    yield f"{service}.{table}"
    finally:
        connection.close()


def _says(row: str, marks: tuple[bytes, ...]) -> bool:
    """Whether the row has one of them as text, or as bytes, which PostgreSQL writes in hex."""
    return any(mark.hex() in row or (mark.isascii() and mark.decode() in row) for mark in marks)

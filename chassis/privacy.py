"""The registry of personal data: each service declares in ``personal.py`` which of its columns tell of people.

It drives what is sealed, what logs leave out, what a person's export holds and what an erasure takes away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import MetaData


class Kind(StrEnum):
    """What a column says about a person."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    ID_NUMBER = "id_number"
    FREE_TEXT = "free_text"
    """Words that somebody wrote, which may hold anything."""
    SECRET = "secret"
    """What a person proves himself with: neither logged nor exported."""


class Erasure(StrEnum):
    """What an erasure makes of a value."""

    EMPTY = "empty"
    """It becomes null."""
    REPLACE = "replace"
    """It becomes a word that says that something was here, because the column cannot be null."""
    WITH_ROW = "with_row"
    """Its row is deleted."""
    KEEP = "keep"
    """It stays, for the reason given in ``why``."""


@dataclass(frozen=True)
class OfColumn:
    """What is said of a column."""

    column: str
    """``table.column``."""

    @property
    def table(self) -> str:
        """The table that it is in."""
        return self.column.partition(".")[0]

    @property
    def name(self) -> str:
        """The column without its table."""
        return self.column.partition(".")[2]


@dataclass(frozen=True)
class PersonalField(OfColumn):
    """A column with personal data."""

    kind: Kind
    about: str
    """Who it tells of: ``customer``, ``contact``, ``user`` …"""
    erased: Erasure = Erasure.EMPTY
    sealed: bool = False
    """Whether the database holds it encrypted (``chassis.encryption``)."""
    why: str = ""
    place: str = ""
    """What a sealed value is bound to, if that is not its column."""
    bound_to: str = "id"
    """The column with the id that it is bound to beside."""
    member: str = ""
    """Of a list of JSON objects: the member that is sealed."""


@dataclass(frozen=True)
class Link(OfColumn):
    """How the rows of a table are found that tell of a person: the column holds what ``to`` names."""

    to: str
    """A kind of id of people (``customer``), ``address`` for their addresses or the marks of these in columns of bytes,
    or another linked table, whose ``id`` is meant."""


@dataclass(frozen=True)
class PersonalData:
    """All personal data of one service.

    ``links`` say whose the rows are. ``forgotten`` is called with the session and the subject after their rows were
    erased, in the same transaction, for what only the service knows how to do.
    """

    fields: tuple[PersonalField, ...] = ()
    links: tuple[Link, ...] = ()
    forgotten: Callable[..., None] | None = None

    def sealed(self) -> dict[str, list[str]]:
        """The names of the sealed columns of each table."""
        found: dict[str, list[str]] = {}
        for one in self.fields:
            if one.sealed:
                found.setdefault(one.table, []).append(one.name)
        return found

    def tables(self) -> dict[str, list[PersonalField]]:
        """The fields of each table whose rows can be found."""
        linked = {link.table for link in self.links}
        found: dict[str, list[PersonalField]] = {}
        for one in self.fields:
            if one.table in linked:
                found.setdefault(one.table, []).append(one)
        return found

    def of(self, about: str) -> tuple[PersonalField, ...]:
        """What is known of one kind of people."""
        return tuple(one for one in self.fields if one.about == about)

    @property
    def log_names(self) -> frozenset[str]:
        """The names under which a value must not stand in a log line."""
        return frozenset(one.name for one in self.fields)

    def complaints(self, metadata: MetaData) -> Iterable[str]:
        """What is wrong with the declaration: columns that are not there, and reasons that are missing."""
        for one in self.fields:
            table = metadata.tables.get(one.table)
            if table is None or one.name not in table.c:
                yield f"{one.column} is declared as personal data, but there is no such column"
            if (one.erased is Erasure.KEEP) != bool(one.why):
                yield f"{one.column}: what is kept after an erasure, and only that, needs a reason"
        for link in self.links:
            if link.table not in metadata.tables or link.name not in metadata.tables[link.table].c:
                yield f"{link.column} is to link people, but there is no such column"

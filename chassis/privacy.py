"""The registry of personal data: each service declares in ``personal.py`` which of its columns tell of people.

It drives what is sealed, what logs leave out, what a person's export holds and what an erasure takes away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, DateTime, FromClause, MetaData, Select


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


EMPTIED, DELETED = "emptied", "deleted"


@dataclass(frozen=True, kw_only=True)
class Retained:
    """A class of records that a house may keep for so many months only (``chassis.subjects.retaining``).

    Those of ``table`` whose moment ``since`` is longer ago lose what an erasure would empty, with what hangs on them;
    or their rows are deleted, if that is what an erasure would do. ``only`` says which rows count. A class that is
    more than that gives its ``due`` rows itself, as a select of ``id``, ``at`` (by which they are worked through; it
    needs an index) and ``customer_id`` for a cut-off, and the ``outcome`` that ``act`` has on some of them.
    """

    name: str
    said: str
    """What it is, for who makes the rules."""
    table: str = ""
    since: str = ""
    only: Callable[[FromClause], ColumnElement[bool]] | None = None
    due: Callable[[datetime], Select[Any]] | None = None
    act: Callable[[Any, datetime, list[Any]], list[Any]] | None = None
    """``(session, cut-off, ids)``; answers the ids that it has acted on."""
    is_busy: Callable[[Any], bool] | None = None
    """Whether so much of what ``act`` has begun goes on that it has to wait before the next chunk."""
    outcome: str = ""


@dataclass(frozen=True)
class PersonalData:
    """All personal data of one service.

    ``links`` say whose the rows are. ``forgotten`` is called with the session and the subject after their rows were
    erased, in the same transaction, for what only the service knows how to do. ``retained`` are the classes of records
    for which a house may say how long they are kept.
    """

    fields: tuple[PersonalField, ...] = ()
    links: tuple[Link, ...] = ()
    forgotten: Callable[..., None] | None = None
    retained: tuple[Retained, ...] = ()

    def outcome(self, one: Retained) -> str:
        """What becomes of the records of a class."""
        with_rows = {field.table for field in self.fields if field.erased is Erasure.WITH_ROW}
        return one.outcome or (DELETED if one.table in with_rows else EMPTIED)

    def customer_column(self, table: str) -> str | None:
        """The column that says which customer a row of the table is about."""
        return next((link.name for link in self.links if link.table == table and link.to == "customer"), None)

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
        for kept in self.retained:
            table = metadata.tables.get(kept.table)
            moment = None if table is None else table.c.get(kept.since)
            if kept.due is None and (moment is None or not isinstance(moment.type, DateTime)):
                yield f"{kept.name} is to be kept from {kept.table}.{kept.since} on, but there is no such moment"
            if kept.due is None and kept.table not in self.tables():
                yield f"{kept.name}: nothing personal is linked to people in {kept.table}"

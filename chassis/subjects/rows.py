"""The rows of a service that tell of a person: his own, and those of others that mention him."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, MetaData, Table, Uuid, false, or_, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Session

from chassis.context import service_of
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault, from_json
from chassis.privacy import Kind, Link, PersonalField
from chassis.subjects.subject import Subject

BATCH = 500
ADDRESS = "address"


@dataclass(frozen=True)
class Registered:
    """A table with personal data and links to people."""

    table: Table
    fields: tuple[PersonalField, ...]
    links: tuple[Link, ...]
    metadata: MetaData
    vault: Vault

    def of(self, ids: Mapping[str, list[str]]) -> ColumnElement[bool]:
        """The condition that a row is linked to one of these ids."""
        return self._of(self.table, ids)

    def _of(self, table: Table, ids: Mapping[str, list[str]]) -> ColumnElement[bool]:
        return or_(false(), *(self._linked(link, ids) for link in self.links if link.table == table.name))

    def _linked(self, link: Link, ids: Mapping[str, list[str]]) -> ColumnElement[bool]:
        column = self.metadata.tables[link.table].c[link.name]
        if link.to in self.metadata.tables:
            other = self.metadata.tables[link.to]
            return column.in_(select(other.c.id).where(self._of(other, ids)))
        return column.in_([self._value(column, link.to, one) for one in ids.get(link.to, [])])

    def _value(self, column: Any, to: str, text: str) -> Any:
        if isinstance(column.type, LargeBinary):
            return self.vault.mark("email", text)
        return UUID(text) if isinstance(column.type, Uuid) else text

    @property
    def sealed(self) -> list[PersonalField]:
        """The fields that are encrypted."""
        return [one for one in self.fields if one.sealed]

    def opened(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows with their sealed columns opened, in place."""
        for row in rows:
            for one in self.sealed:
                if row.get(one.name) is not None:
                    row[one.name] = self._open(one, row)
        return rows

    def _open(self, one: PersonalField, row: dict[str, Any]) -> Any:
        place, bound = one.place or one.column, row[one.bound_to]
        if not one.member:
            return self.vault.open(row[one.name], place, bound)
        return [
            {**item, one.member: self.vault.open(from_json(item.get(one.member)), place, bound)}
            for item in row[one.name]
        ]

    def mentioning(self, session: Session, subject: Subject) -> Iterator[list[dict[str, Any]]]:
        """The rows of others around the person that name him, batch by batch, with what they are bound to."""
        if "id" not in self.table.c or not any(subject.around.values()):
            return
        names = dict.fromkeys(("id", *(one.bound_to for one in self.sealed), *(one.name for one in self.fields)))
        around = self.of(subject.around) & ~self.of(subject.ids)
        query = select(*(self.table.c[name] for name in names)).where(around).order_by(self.table.c.id).limit(BATCH)
        last = None
        while rows := dicts(session.execute(query if last is None else query.where(self.table.c.id > last))):
            last = rows[-1]["id"]
            yield [row for row in self.opened(rows) if any(subject.names_in(row[one.name]) for one in self.fields)]

    def shown(self) -> list[Any]:
        """The columns that the person is given: all but secrets and what only machines can read."""
        secret = {one.name for one in self.fields if one.kind is Kind.SECRET}
        sealed = {one.name for one in self.sealed}
        return [one for one in self.table.c if one.name not in secret and (one.name in sealed or _readable(one))]


def registered(session: Session) -> list[Registered]:
    """The tables of the service that tell of people; what hangs on rows of others comes before these."""
    service = service_of(session)
    personal, metadata, vault = service.personal, getattr(service, "metadata", MetaData()), vault_of(session)
    found = [
        Registered(metadata.tables[name], tuple(fields), personal.links, metadata, vault)
        for name, fields in personal.tables().items()
    ]
    hanging = {link.table for link in personal.links if link.to in metadata.tables}
    return sorted(found, key=lambda one: one.table.name not in hanging)


def _readable(column: Any) -> bool:
    return not isinstance(getattr(column.type, "item_type", column.type), LargeBinary | TSVECTOR)

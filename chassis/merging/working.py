"""The work of one merge in one database: rows are pointed elsewhere, removed or changed, so that it can be undone.

Everything goes by the columns that a table has at the moment, in the database's own JSON, so that what comes back is
what was there, byte for byte, whatever columns a service has added meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    String,
    Table,
    Uuid,
    and_,
    any_,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.database import affected
from chassis.encryption.columns import vault_of
from chassis.encryption.errors import CannotOpen
from chassis.encryption.vault import Vault, from_json
from chassis.ids import new_id
from chassis.merging.tables import merge_images, merge_moves, place_of
from chassis.privacy import PersonalField
from chassis.timers import timers

REMOVED, CHANGED = "removed", "changed"
UUIDS: Any = ARRAY(Uuid)
BATCH = 500


@dataclass(frozen=True)
class Work:
    """One merge, as a transaction works it off."""

    session: Session
    merge_id: UUID
    survivor_id: UUID
    loser_ids: list[UUID]
    personal: tuple[PersonalField, ...] = ()
    """What is sealed in the service, and what it is bound to."""

    @property
    def vault(self) -> Vault:
        """The vault of the service."""
        return vault_of(self.session)

    def of_losers(self, column: Any) -> Any:
        """The condition that the column names one of the losers."""
        return column == any_(literal(self.loser_ids, UUIDS))

    def repoint(self, table: Table, pointer: Any, *, but: Any = None) -> int:
        """Let what points to the losers point to the survivor; what then stands twice is removed. Returns how many."""
        found = self.of_losers(pointer) if but is None else and_(self.of_losers(pointer), ~but)
        bound = [one for one in self.sealed(table) if one.bound_to == pointer.name]
        for one in bound:
            self._reseal(table, pointer, one, found)
        try:
            with self.session.begin_nested():
                return self._repoint(table, pointer, found)
        except IntegrityError:
            return self._one_by_one(table, pointer, found)

    def remove(self, table: Table, condition: Any) -> int:
        """Remove rows, keeping them as they were."""
        count = self.picture(table, condition)
        if count:
            self.session.execute(delete(table).where(condition))
        return count

    def picture(self, table: Table, condition: Any) -> int:
        """Keep rows as they are. Returns how many."""
        documents = []
        for line in self.texts_of(table, condition):
            row = orjson.loads(line)
            documents.append((self._ids(row), {"row": line, "clear": self._clear(table, row)}))
        self._keep(table, REMOVED, documents)
        return len(documents)

    def change(self, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        """Give columns of one row other values, keeping what they were."""
        same = and_(*(table.c[name] == value for name, value in key.items()))
        with Changing(self, table, same):
            self.session.execute(update(table).where(same).values(values))

    def set_aside_timers(self, kinds: Iterable[str], keys: Iterable[Any]) -> int:
        """Let nothing become due any more for these records."""
        wanted = literal([str(one) for one in keys], ARRAY(timers.c.key.type))
        mine = and_(timers.c.kind.in_(list(kinds)), timers.c.key == any_(wanted))
        return self.remove(timers, mine)

    def sealed(self, table: Table) -> list[PersonalField]:
        """The sealed columns of a table."""
        return [one for one in self.personal if one.table == table.name and one.sealed and not one.member]

    def keep_changed(self, table: Table, before: str, after: str) -> None:
        """Keep how a row was, and how the merge left it."""
        was, now = orjson.loads(before), orjson.loads(after)
        names = [name for name in was if was[name] != now.get(name)]
        if names:
            document = {"before": before, "after": after, "names": names}
            clear = {"clear": self._clear(table, was), "clear_after": self._clear(table, now)}
            self._keep(table, CHANGED, [(self._ids(was), document | clear)])

    def text_of(self, table: Table, condition: Any) -> str:
        """One row as JSON, as the database writes it: no digit of a number is lost."""
        (line,) = self.texts_of(table, condition)
        return line

    def texts_of(self, table: Table, condition: Any) -> list[str]:
        """Rows as JSON, in the order of their keys."""
        written = cast(func.to_jsonb(literal_column(table.name)), String)
        query = select(written).select_from(table).where(condition).order_by(*table.primary_key)
        return list(self.session.scalars(query))

    def _repoint(self, table: Table, pointer: Any, found: Any) -> int:
        key = func.jsonb_build_object(*self._key(table, pointer))
        moved = select(literal(self.merge_id), literal(table.name), literal(pointer.name), key, pointer).where(found)
        names = ["merge_id", "table_name", "pointer", "key", "was"]
        self.session.execute(insert(merge_moves).from_select(names, moved))
        return affected(self.session, update(table).where(found).values({pointer.name: self.survivor_id}))

    def _one_by_one(self, table: Table, pointer: Any, found: Any) -> int:
        keys = list(table.primary_key)
        rows = self.session.execute(select(*keys).where(found).order_by(*keys)).all()
        for row in rows:
            same = and_(*(key == value for key, value in zip(keys, row, strict=True)))
            try:
                with self.session.begin_nested():
                    self._repoint(table, pointer, same)
            except IntegrityError:
                self.remove(table, same)
        return len(rows)

    def _key(self, table: Table, pointer: Any) -> list[Any]:
        """Name and value of each column of the primary key, as it will be."""
        parts: list[Any] = []
        for one in table.primary_key:
            parts += [literal(one.name), literal(str(self.survivor_id)) if one is pointer else one]
        return parts

    def _reseal(self, table: Table, pointer: Any, field: PersonalField, found: Any) -> None:
        """Values that are bound to the id of a loser are bound to that of the survivor."""
        place, column = field.place or field.column, table.c[field.name]
        keys = list(table.primary_key)
        rows = self.session.execute(select(*keys, pointer.label("was"), column.label("sealed")).where(found)).all()
        for row in rows:
            if row.sealed is None:
                continue
            clear = self.vault.open(row.sealed, place, row.was)
            key = {one.name: getattr(row, one.name) for one in keys}
            self.change(table, key, {field.name: self.vault.seal(clear, place, self.survivor_id)})

    def _clear(self, table: Table, row: dict[str, Any]) -> dict[str, str]:
        """The sealed values of a row in clear, in case the key that sealed them is gone when it comes back."""
        found = {}
        for one in self.sealed(table):
            if (sealed := from_json(row.get(one.name))) is not None:
                bound = UUID(row[one.bound_to])
                try:
                    found[one.name] = self.vault.open(sealed, one.place or one.column, bound) or ""
                except CannotOpen:  # bound to the survivor by now
                    found[one.name] = self.vault.open(sealed, one.place or one.column, self.survivor_id) or ""
        return found

    @staticmethod
    def _ids(row: dict[str, Any]) -> list[UUID]:
        """The ids that stand in a row: by these an erasure finds what tells of a person."""
        found = []
        for value in row.values():
            try:
                found.append(UUID(value))
            except (ValueError, AttributeError, TypeError):
                continue
        return list(dict.fromkeys(found))

    def _keep(self, table: Table, kind: str, documents: list[tuple[list[UUID], dict[str, Any]]]) -> None:
        place = self.session.scalar(select(func.coalesce(func.max(merge_images.c.position), 0)).where(self._mine)) or 0
        rows = []
        for number, (ids, document) in enumerate(documents, place + 1):
            image_id = new_id()
            sealed = self.vault.seal_json(document, place_of(image_id))
            rows.append(
                {"id": image_id, "merge_id": self.merge_id, "position": number, "table_name": table.name, "kind": kind}
                | {"record_ids": ids, "image": sealed}
            )
        for start in range(0, len(rows), BATCH):
            self.session.execute(insert(merge_images), rows[start : start + BATCH])

    @property
    def _mine(self) -> Any:
        return merge_images.c.merge_id == self.merge_id


class Changing:
    """What happens to one row within the block is kept, to be undone."""

    def __init__(self, work: Work, table: Table, condition: Any) -> None:
        self._work, self._table, self._condition = work, table, condition

    def __enter__(self) -> None:
        self._work.session.flush()
        self._before = next(iter(self._work.texts_of(self._table, self._condition)), None)

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None and self._before is not None:
            self._work.session.flush()
            self._work.keep_changed(self._table, self._before, self._work.text_of(self._table, self._condition))

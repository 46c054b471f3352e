"""Taking the work of a merge back: rows come back as they were, and what pointed to them points to them again.

What somebody has changed since stays as it is now: a column that has another value than the merge left in it, a row
that points elsewhere. What came to the survivor after the merge stays with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import MetaData, String, Table, and_, cast, column, func, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Session

from chassis.database import affected, chassis_metadata
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import from_json, to_json
from chassis.events import encode
from chassis.merging.tables import merge_images, merge_moves, place_of
from chassis.merging.working import REMOVED, Work
from chassis.privacy import PersonalField


@dataclass(frozen=True)
class Undo:
    """The end of one merge, as a transaction works it off."""

    work: Work
    metadata: MetaData
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """By table, a function from a removed row to columns that come back otherwise than they were."""

    @property
    def session(self) -> Session:
        """The transaction."""
        return self.work.session

    def put_back(self, *, first: Iterable[str] = ()) -> int:
        """Undo everything: rows of the tables named first come back before anything can point to them."""
        images = self._images()
        count = self._bring_back([one for one in images if one["table_name"] in first and one["kind"] == REMOVED])
        count += sum(self._move_back(*row) for row in self._moved())
        for image in reversed(images):
            if image["kind"] == REMOVED:
                count += 0 if image["table_name"] in first else self._bring_back([image])
            else:
                count += self._set_back(image)
        return count

    def table(self, name: str) -> Table:
        """A table of the service or of the chassis."""
        return self.metadata.tables.get(name, chassis_metadata.tables.get(name))  # type: ignore[arg-type, return-value]

    def _images(self) -> list[dict[str, Any]]:
        query = select(merge_images).where(merge_images.c.merge_id == self.work.merge_id)
        rows = self.session.execute(query.order_by(merge_images.c.position)).mappings()
        vault = vault_of(self.session)
        return [{**row, "image": vault.open_json(row["image"], place_of(row["id"]))} for row in rows]

    def _bring_back(self, images: list[dict[str, Any]]) -> int:
        """Insert removed rows of one table in one statement, so that they may point to each other."""
        by_table: dict[str, list[dict[str, Any]]] = {}
        for one in images:
            by_table.setdefault(one["table_name"], []).append(one["image"])
        return sum(self._insert(self.table(name), documents) for name, documents in by_table.items())

    def _insert(self, table: Table, documents: list[dict[str, Any]]) -> int:
        known = orjson.loads(documents[0]["row"])
        names = [one.name for one in table.columns if one.name in known and one.computed is None]
        pairs = [(one["row"], self._other(table, orjson.loads(one["row"]), one["clear"])) for one in documents]
        rows = _records(table, pairs, names)
        back = insert(table).from_select(names, select(*(rows.c[one] for one in names)))
        return affected(self.session, back.on_conflict_do_nothing())

    def _other(self, table: Table, row: dict[str, Any], clear: dict[str, str]) -> dict[str, Any]:
        """The columns that come back otherwise than they were: what an old key has sealed is sealed anew."""
        override = self.overrides.get(table.name)
        return self._sealed_anew(table, row, clear) | (override(row) if override else {})

    def _sealed_anew(self, table: Table, row: dict[str, Any], clear: dict[str, str]) -> dict[str, Any]:
        vault, found = self.work.vault, {}
        for one in self.work.sealed(table):
            raw = from_json(row.get(one.name))
            if raw is not None and one.name in clear and not vault.columns.is_newest(raw):
                place = one.place or one.column
                found[one.name] = to_json(vault.seal(clear[one.name], place, UUID(row[one.bound_to])))
        return found

    def _moved(self) -> list[Any]:
        columns = (merge_moves.c.table_name, merge_moves.c.pointer)
        return list(self.session.execute(select(*columns).where(self._mine).distinct().order_by(*columns)))

    def _move_back(self, name: str, pointer: str) -> int:
        table = self.table(name)
        key = func.jsonb_build_object(*(part for one in table.primary_key for part in (literal(one.name), one)))
        here = and_(self._mine, merge_moves.c.table_name == name, merge_moves.c.pointer == pointer)
        back = update(table).values({pointer: merge_moves.c.was}).where(table.c[pointer] == self.work.survivor_id)
        return affected(self.session, back.where(here, merge_moves.c.key == key))

    @property
    def _mine(self) -> Any:
        return merge_moves.c.merge_id == self.work.merge_id

    def _set_back(self, image: dict[str, Any]) -> int:
        """Each column that still is as the merge left it becomes what it was."""
        table, document = self.table(image["table_name"]), image["image"]
        before, after = orjson.loads(document["before"]), orjson.loads(document["after"])
        same = and_(*(one == before[one.name] for one in table.primary_key))
        now = self.session.scalar(select(func.to_jsonb(literal_column(table.name))).select_from(table).where(same))
        if now is None:
            return 0
        names = [name for name in document["names"] if self._unchanged(table, name, now, after, document)]
        if not names:
            return 0
        other = self._sealed_anew(table, before, document["clear"])
        keys = [one.name for one in table.primary_key]
        was = _records(table, [(document["before"], other)], list(dict.fromkeys([*names, *keys])))
        again = and_(*(table.c[one] == was.c[one] for one in keys))
        return affected(self.session, update(table).where(same, again).values({one: was.c[one] for one in names}))

    def _unchanged(self, table: Table, name: str, now: Any, after: Any, document: dict[str, Any]) -> bool:
        if now.get(name) == after.get(name):
            return True
        return self._same_text(table, name, now, document["clear_after"].get(name))

    def _same_text(self, table: Table, name: str, now: Any, clear: str | None) -> bool:
        """Whether a sealed column has the same text, sealed with another key."""
        found: list[PersonalField] = [one for one in self.work.sealed(table) if one.name == name]
        if not found or clear is None or now.get(name) is None:
            return False
        one = found[0]
        return self.work.vault.open(from_json(now[name]), one.place or one.column, UUID(now[one.bound_to])) == clear


def _records(table: Table, written: list[tuple[str, dict[str, Any]]], names: list[str]) -> Any:
    """Rows that were written as JSON, with other values in some places, as the database reads them."""
    texts = ARRAY(String)
    rows = literal([row for row, _ in written], texts)
    others = literal([encode(other).decode() for _, other in written], texts)
    pairs = func.unnest(rows, others).table_valued("line", "other").render_derived("pairs")
    whole = cast(pairs.c.line, JSONB).op("||")(cast(pairs.c.other, JSONB))
    like: Any = literal_column(f"NULL::{table.name}")
    columns = (column(name, table.c[name].type) for name in names)
    return func.jsonb_populate_recordset(like, select(func.jsonb_agg(whole)).scalar_subquery()).table_valued(*columns)

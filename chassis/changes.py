"""What a flush changes, as before and after: only the columns that are different, and no personal data.

A value is told if its type cannot hold a text (numbers, instants, ids), or if the service lists the column as plain
(``Service.audited``). Of every other column it is only told that it changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Integer, Numeric, Uuid, inspect
from sqlalchemy.orm import Mapper, Session

OPEN_TYPES = (Boolean, Date, DateTime, Integer, Numeric, Uuid)
LONGEST_TEXT = 500
LEFT_OUT = frozenset({"version", "created_at", "updated_at"})
"""They change with every change, and the entry has a time of its own."""
UNSEEN = object()
"""The place of a value that was not loaded."""

Audited = Mapping[str, tuple[str, ...] | None]
"""Columns whose texts may stand in the audit trail, by table; None for a table that is not worth an entry."""


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after; ``before`` is None for a new one, ``after`` for one that is gone."""

    resource: str
    """The name of its table."""
    record_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    untold: tuple[str, ...]
    """Columns that changed, of which no value is told."""

    def as_dict(self) -> dict[str, Any]:
        """The change as JSON types."""
        return {
            "resource": self.resource,
            "record_id": self.record_id,
            "before": self.before,
            "after": self.after,
            "untold": list(self.untold),
        }


def of_flush(session: Session, plain: Audited) -> list[Change]:
    """What the flush that has just been sent has changed; to be asked while the session still knows what was."""
    found = [
        *(_created(entity, plain) for entity in _worth(session.new, plain)),
        *(_changed(entity, plain) for entity in _worth(session.dirty, plain)),
        *(_deleted(entity, plain) for entity in _worth(session.deleted, plain)),
    ]
    return [change for change in found if change]


def _worth(entities: Iterable[Any], plain: Audited) -> list[Any]:
    return [entity for entity in entities if plain.get(_table(entity), ()) is not None]


def _created(entity: Any, plain: Audited) -> Change:
    after, untold = _split(entity, _present(entity), plain)
    return Change(_table(entity), _record_id(entity), None, after, untold)


def _deleted(entity: Any, plain: Audited) -> Change:
    before, untold = _split(entity, _present(entity), plain)
    return Change(_table(entity), _record_id(entity), before, None, untold)


def _changed(entity: Any, plain: Audited) -> Change | None:
    state, before, after = inspect(entity), {}, {}
    for key, (name, _) in _columns(state.mapper).items():
        history = state.attrs[key].history
        if history.has_changes():
            before[name] = history.deleted[0] if history.deleted else UNSEEN
            after[name] = history.added[0] if history.added else None
    if not after:
        return None
    told_before, untold_before = _split(entity, before, plain)
    told_after, untold_after = _split(entity, after, plain)
    untold = dict.fromkeys((*untold_before, *untold_after))
    kept = [name for name in after if name not in untold]
    return Change(
        _table(entity),
        _record_id(entity),
        {name: told_before[name] for name in kept},
        {name: told_after[name] for name in kept},
        tuple(untold),
    )


def _present(entity: Any) -> dict[str, Any]:
    """The loaded values of an entity that are not null."""
    values, columns = inspect(entity).dict, _columns(inspect(entity).mapper)
    return {name: values[key] for key, (name, _) in columns.items() if values.get(key) is not None}


def _split(entity: Any, values: dict[str, Any], plain: Audited) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values that may be told, and the names of the others."""
    open_columns = dict(_columns(inspect(entity).mapper).values())
    texts = plain.get(_table(entity)) or ()
    told = {
        name: None if value is UNSEEN else value
        for name, value in values.items()
        if (open_columns[name] or name in texts) and _is_short(value)
    }
    return told, tuple(name for name in values if name not in told)


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    if isinstance(value, list | tuple | dict):
        return len(str(value)) <= LONGEST_TEXT * 4
    known = bool | int | float | Decimal | UUID | datetime | date
    return value is None or value is UNSEEN or isinstance(value, known)


@cache
def _columns(mapper: Mapper[Any]) -> dict[str, tuple[str, bool]]:
    """The mapped columns by attribute: their names, and whether their types cannot hold a text."""
    return {
        attribute.key: (str(attribute.columns[0].name), _is_open(attribute.columns[0].type))
        for attribute in mapper.column_attrs
        if attribute.key not in LEFT_OUT
    }


def _is_open(kind: Any) -> bool:
    return isinstance(kind.item_type if isinstance(kind, ARRAY) else kind, OPEN_TYPES)


def _table(entity: Any) -> str:
    return str(inspect(entity).mapper.local_table.name)


def _record_id(entity: Any) -> UUID | None:
    key = inspect(entity).mapper.primary_key_from_instance(entity)
    return key[0] if len(key) == 1 and isinstance(key[0], UUID) else None


def unknown_columns(plain: Audited, tables: Mapping[str, Any]) -> Iterator[str]:
    """What a declaration of plain columns names that does not exist."""
    for table, columns in plain.items():
        known = tables[table].columns if table in tables else ()
        yield from (f"{table}.{column}" for column in columns or () if column not in known)
        if table not in tables:
            yield table

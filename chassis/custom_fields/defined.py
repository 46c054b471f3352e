"""The custom fields as this process knows them: definitions in memory, read again when one has changed."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.custom_fields import formulas, kinds
from chassis.custom_fields.tables import custom_fields
from chassis.database import Database, dicts
from chassis.identity import masks
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, Access, FieldRules, Mask, Resource

KEPT = 500
MASKS: dict[str, Mask] = {
    kinds.MAIL: masks.email,
    kinds.TELEPHONE: masks.phone,
    **dict.fromkeys((kinds.TEXT, kinds.LONG_TEXT, kinds.URL), masks.text),
}
"""The kinds of which a part can be shown; others that are masked are not shown at all."""

Check = Callable[[Session, Caller, UUID], bool]
"""Whether the caller may refer to a record."""


@dataclass(frozen=True, eq=False)
class Records:
    """The records of a service that a house can add fields to."""

    resource: Resource
    inputs: tuple[str, ...] = ()
    """Fields of their own that formulas may speak of: such as every list of them shows."""
    targets: Mapping[str, Check] | None = None
    """What a reference may refer to, by name."""


@dataclass(frozen=True, eq=False)
class Definition:
    """A custom field."""

    id: UUID
    key: str
    label: str
    label_zh: str | None
    kind: str
    options: dict[str, Any]
    required: bool
    only: bool
    """Whether no two records have the same value."""
    private: bool
    """Whether the values are sealed."""
    resource: Resource

    @property
    def name(self) -> str:
        """How callers and rules call it."""
        return f"{CUSTOM}.{self.key}"

    @property
    def marked(self) -> bool:
        """Whether its values have marks."""
        return self.only or self.private

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Of a formula: the names of the fields that it speaks of."""
        return formulas.variables(self.options["expression"]) if self.kind == kinds.FORMULA else frozenset()


class Definitions:
    """The active custom fields of one kind of record."""

    def __init__(self, records: Records, rows: list[dict[str, Any]]) -> None:
        self.records = records
        self.by_key = {row["key"]: _definition(records, row) for row in rows}
        self.formulas = [one for one in self.by_key.values() if one.kind == kinds.FORMULA]
        self.cuts = lru_cache(KEPT)(self._cuts)

    def access(self, rules: FieldRules, one: Definition, *, own: bool) -> Access:
        """What may be done with a field; with a formula no more than reading what all that it speaks of tells."""
        resource = self.records.resource
        access = rules.access(resource, one.name, own=own)
        if access is Access.MASKED and one.kind not in MASKS:
            return Access.HIDDEN
        if one.kind != kinds.FORMULA:
            return access
        sources = (self.by_key[name].name if name in self.by_key else name for name in one.inputs)
        told = all(rules.access(resource, name, own=own) >= Access.READ for name in sources)
        return min(access, Access.READ) if told else Access.HIDDEN

    def readable(self, rules: FieldRules) -> dict[str, Definition]:
        """Those whose values may be read in every record, by name."""
        known = self.by_key.values()
        both = (True, False)
        return {one.name: one for one in known if all(self.access(rules, one, own=own) >= Access.READ for own in both)}

    def reduce(self, values: dict[str, Any], rules: FieldRules, *, own: bool, secret: Collection[str] = ()) -> None:
        """Take from the values of a record what somebody under these rules may not see, or what is ``secret`` of it."""
        hidden, masked = self.cuts(rules, own)
        for key in hidden:
            values.pop(key, None)
        for key, mask in masked:
            if values.get(key) is not None:
                values[key] = mask(values[key])
        for key in [key for key in values if secret and self.tells(key, secret)]:
            del values[key]

    def tells(self, key: str, secret: Collection[str]) -> bool:
        """Whether a field tells something of these, by the names of rules: it is one of them, or computed of one."""
        if CUSTOM in secret or f"{CUSTOM}.{key}" in secret:
            return True
        inputs = self.by_key[key].inputs if key in self.by_key else ()
        return any((self.by_key[name].name if name in self.by_key else name) in secret for name in inputs)

    def shown(self, record: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a record as it shows them: of active fields, with formulas computed."""
        shown = {key: values[key] for key in self.by_key if key in values}
        for one in self.formulas:
            given = {name: values.get(name) if name in self.by_key else record.get(name) for name in one.inputs}
            shown[one.key] = formulas.result(one.options["expression"], self._numbers(given))
        return shown

    def _numbers(self, given: dict[str, Any]) -> dict[str, Any]:
        numeric = (name for name in given if name in self.by_key and self.by_key[name].kind in kinds.NUMBERS)
        return given | {name: float(given[name]) for name in numeric if given[name] is not None}

    def _cuts(self, rules: FieldRules, own: bool) -> tuple[tuple[str, ...], tuple[tuple[str, Mask], ...]]:
        accesses = {one.key: self.access(rules, one, own=own) for one in self.by_key.values()}
        masked = (key for key, access in accesses.items() if access is Access.MASKED)
        hidden = tuple(key for key, access in accesses.items() if access is Access.HIDDEN)
        return hidden, tuple((key, MASKS[self.by_key[key].kind]) for key in masked)


def _definition(records: Records, row: dict[str, Any]) -> Definition:
    names = ("id", "key", "label", "label_zh", "kind", "options", "required", "private")
    return Definition(**{name: row[name] for name in names}, only=row["is_unique"], resource=records.resource)


class CustomFields:
    """The custom fields of a service."""

    def __init__(self, database: Database, records: tuple[Records, ...]) -> None:
        self._database = database
        self._records = {one.resource.name: one for one in records}
        self._lock = threading.Lock()
        self._known: dict[str, Definitions] = {}
        self.stamp: tuple[int, int] | None = None
        """Differs after each change of a definition: their number, and the sum of their versions."""

    def of(self, resource: Resource | str) -> Definitions:
        """The fields of one kind of record."""
        if self.stamp is None:
            self.refresh()
        return self._known[resource if isinstance(resource, str) else resource.name]

    def has(self, resource: str) -> bool:
        """Whether records of this kind can have custom fields here."""
        return resource in self._records

    def cuts(self, resource: str, rules: FieldRules) -> Callable[[dict[str, Any], bool, Collection[str]], None]:
        """What takes from the values of a record what somebody under these rules may not see of them."""
        return lambda values, own, secret: self.of(resource).reduce(values, rules, own=own, secret=secret)

    def refresh(self) -> None:
        """Read the definitions again if one has changed."""
        if not self._records:
            return
        table = custom_fields.c
        with self._lock, self._database.reading() as session:
            count, versions = session.execute(select(func.count(), func.sum(table.version))).one()
            stamp = (count, versions or 0)
            if stamp == self.stamp:
                return
            rows = dicts(session.execute(select(custom_fields).where(table.active).order_by(table.rank, table.key)))
            self._known = {
                name: Definitions(records, [row for row in rows if row["resource"] == name])
                for name, records in self._records.items()
            }
            self.stamp = stamp


def custom_fields_of(session: Session) -> CustomFields:
    """The custom fields of the service whose session this is."""
    return cast(CustomFields, session.info["custom_fields"])

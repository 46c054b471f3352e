"""Filters on custom fields: each kind has the operators of a column of its type."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, DateTime, Numeric, cast, not_, or_, select

from chassis.custom_fields import kinds
from chassis.custom_fields.defined import CustomFields, Definition
from chassis.custom_fields.tables import custom_keys
from chassis.custom_fields.values import mark_of
from chassis.encryption.vault import Vault
from chassis.filters import one_of
from chassis.identity.policy import FieldRules, Resource

VALUES, RECORD_ID = "custom:values", "custom:record_id"
"""The names under which a mapping of filterable columns has the column of values and that of the record's id."""

EXACT = (kinds.TEXT, kinds.LONG_TEXT, kinds.URL, kinds.CHOICE, kinds.REFERENCE)
"""Kinds of which equal values are found by the index of the column of values."""

TYPES: dict[str, Any] = {
    **dict.fromkeys(kinds.NUMBERS, Numeric()),
    kinds.DAY: Date(),
    kinds.MOMENT: DateTime(timezone=True),
    kinds.BOOLEAN: Boolean(),
}


class CustomTests:
    """What a caller may filter the records of a resource by, beside their columns."""

    def __init__(self, fields: CustomFields, vault: Vault, resource: Resource, rules: FieldRules) -> None:
        self._vault = vault
        known = fields.of(resource).readable(rules)
        self._key = (id(fields), fields.stamp, resource.name, rules)
        self._known = {name: one for name, one in known.items() if one.kind != kinds.FORMULA}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CustomTests) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def condition(self, name: str, columns: Mapping[str, Any], op: Any, value: Any, plain: Any) -> ColumnElement[bool]:
        """The test as SQL; ``plain(column, op, value)`` is that of a column. Raises ValueError and TypeError."""
        one, values = self._known[name], columns[VALUES]
        if one.private:
            return self._by_mark(one, columns[RECORD_ID], op, value)
        if one.kind == kinds.CHOICES:
            return _of_list(one, values, op, value)
        if op in ("eq", "in") and one.kind in EXACT:
            wanted = [value] if op == "eq" else _list(value)
            return or_(*(values.contains({one.key: _text(item)}) for item in wanted))
        text = values[one.key].astext
        column = cast(text, TYPES[one.kind]) if one.kind in TYPES else text
        made: ColumnElement[bool] = plain(column, op, value)
        return made

    def _by_mark(self, one: Definition, record_id: Any, op: Any, value: Any) -> ColumnElement[bool]:
        marked = select(custom_keys.c.record_id).where(custom_keys.c.field_id == one.id)
        if op == "is_null":
            return record_id.not_in(marked) if value is True else record_id.in_(marked)
        if op not in ("eq", "in"):
            raise ValueError(f"{op} is not an operator of this field; it is sealed, and found by eq and in.")
        wanted = [value] if op == "eq" else _list(value)
        marks = [mark_of(self._vault, one, _normal(one, item)) for item in wanted]
        found: ColumnElement[bool] = record_id.in_(marked.where(one_of(custom_keys.c.mark, marks)))
        return found


def _of_list(one: Definition, values: Any, op: Any, value: Any) -> ColumnElement[bool]:
    if op == "is_null":
        there: ColumnElement[bool] = values.has_key(one.key)
        return or_(values.is_(None), not_(there)) if value is True else there
    if op == "has":
        found: ColumnElement[bool] = values.contains({one.key: [_text(value)]})
        return found
    if op == "has_any":
        return or_(*(values.contains({one.key: [_text(item)]}) for item in _list(value)))
    raise ValueError(f"{op} is not an operator of a list; use has or has_any.")


def _normal(one: Definition, value: Any) -> Any:
    """What is searched for, in the form in which it was kept; anything else is found nowhere."""
    try:
        return kinds.load(one.kind, one.options, value)
    except ValueError:
        return _text(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= kinds.LONGEST_LINE:
        raise ValueError(f"Expected a list of 1 to {kinds.LONGEST_LINE} values.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("Expected a value of the type str.")
    return value

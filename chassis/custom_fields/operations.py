"""What a service offers on the custom fields of one kind of record: list, add and change them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.custom_fields import kinds
from chassis.custom_fields.defined import Records, custom_fields_of
from chassis.custom_fields.errors import KeyTaken, TooManyFields, UnusableField
from chassis.custom_fields.events import CustomFieldChanged
from chassis.custom_fields.fields import MOST
from chassis.custom_fields.formulas import FormulaError, variables
from chassis.custom_fields.schemas import (
    CustomFieldChange,
    CustomFieldPage,
    CustomFieldSearch,
    CustomFieldView,
    NewCustomField,
)
from chassis.custom_fields.tables import custom_fields
from chassis.database import dicts
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.ids import new_id
from chassis.operations import operation
from chassis.outbox import record
from chassis.paging import paged

TABLE = custom_fields.c
SHOWN = tuple(TABLE[name] for name in CustomFieldView._declared_fields)
UNIQUE = (kinds.TEXT, kinds.NUMERIC, kinds.DAY, kinds.REFERENCE, kinds.URL, kinds.MAIL, kinds.TELEPHONE)
SEALABLE = (kinds.TEXT, kinds.LONG_TEXT, *kinds.PRIVATE)
OPTIONS = {
    kinds.CHOICE: ("choices",),
    kinds.CHOICES: ("choices",),
    kinds.FORMULA: ("expression",),
    kinds.REFERENCE: ("target",),
    kinds.MONEY: ("currency",),
}
"""What a kind must be told."""


@dataclass(frozen=True, kw_only=True)
class CustomFieldOperations:
    """The operations on the custom fields of one kind of record."""

    records: Records
    event: type[CustomFieldChanged]

    @property
    def _path(self) -> str:
        return f"/custom-fields/{self.records.resource.name}"

    @property
    def list_operation(self) -> Any:
        """``GET /custom-fields/<records>``."""
        needs = f"{self.records.resource.name}:read"
        route = f"GET {self._path}"
        return operation(route, self.find_custom_fields, takes=CustomFieldSearch, gives=CustomFieldPage, needs=needs)

    @property
    def add_operation(self) -> Any:
        """``POST /custom-fields/<records>``."""
        return operation(
            f"POST {self._path}",
            self.add_custom_field,
            takes=NewCustomField,
            gives=CustomFieldView,
            needs=f"{self.records.resource.name}:configure",
            status=201,
            errors=(KeyTaken, UnusableField, TooManyFields),
        )

    @property
    def change_operation(self) -> Any:
        """``PATCH /custom-fields/<records>/{field_id}``."""
        return operation(
            f"PATCH {self._path}/{{field_id}}",
            self.change_custom_field,
            takes=CustomFieldChange,
            gives=CustomFieldView,
            needs=f"{self.records.resource.name}:configure",
            guarded=True,
            errors=(UnusableField,),
        )

    def find_custom_fields(self, session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
        """List the fields that the house has added to these records, as far as you may know of them.

        Whoever administers them also finds those that are closed.
        """
        name = self.records.resource.name
        query = select(*SHOWN).where(TABLE.resource == name)
        if not caller.may(f"{name}:configure"):
            query = query.where(TABLE.active, TABLE.key.in_(self._known_to(session, caller)))
        return paged(session, query, order=TABLE.rank, key=TABLE.id, descending=False, limit=limit, cursor=cursor)

    def add_custom_field(self, session: Session, _: Caller, **fields: Any) -> dict[str, Any]:
        """Add a field to these records.

        It can be filled, filtered by, imported and exported at once. Its key and its kind stay as they are; a choice is
        kept by its code, so that its label can change. Who may see and write it is said in the field rules of roles,
        as `custom.` and the key.
        """
        moment, kind = now(), fields["kind"]
        private = fields["private"] or kind in kinds.PRIVATE
        row = {"id": new_id(), "version": 1, "resource": self.records.resource.name, "label_zh": None, "active": True}
        row |= {"created_at": moment, "updated_at": moment, **fields, "private": private}
        self._check(session, row)
        try:
            with session.begin_nested():
                session.execute(insert(custom_fields), row)
        except IntegrityError:
            raise KeyTaken from None
        return self._told(session, row)

    def change_custom_field(
        self, session: Session, _: Caller, field_id: UUID, expected_version: int, **fields: Any
    ) -> dict[str, Any]:
        """Rename a field, change its choices or its formula, make it required, close or reopen it.

        No record is touched: closed fields keep their values, and choices that are left out are only closed.
        """
        mine = (TABLE.id == field_id, TABLE.resource == self.records.resource.name)
        found = dicts(session.execute(select(custom_fields).where(*mine).with_for_update()))
        if not found:
            raise NotFound
        (before,) = found
        if before["version"] != expected_version:
            raise PreconditionFailed
        if "options" in fields:
            fields["options"] = _with_closed_choices(before["options"], fields["options"])
        row = before | fields | {"version": before["version"] + 1, "updated_at": now()}
        self._check(session, row)
        session.execute(update(custom_fields).where(TABLE.id == field_id).values(**row))
        return self._told(session, row)

    def _known_to(self, session: Session, caller: Caller) -> list[str]:
        definitions = custom_fields_of(session).of(self.records.resource)
        rules = caller.field_rules
        return [
            key
            for key, one in definitions.by_key.items()
            if any(definitions.access(rules, one, own=own) > Access.HIDDEN for own in (True, False))
        ]

    def _check(self, session: Session, row: dict[str, Any]) -> None:
        """Raises UnusableField and TooManyFields."""
        kind, options = row["kind"], row["options"]
        wanted = OPTIONS.get(kind, ())
        if set(options) != set(wanted):
            raise UnusableField.field("/options", f"This kind takes {', '.join(wanted) or 'no options'}.")
        if row["is_unique"] and kind not in UNIQUE:
            raise UnusableField.field("/is_unique", "Values of this kind cannot be unique.")
        if row["private"] and kind not in SEALABLE:
            raise UnusableField.field("/private", "Values of this kind cannot be sealed.")
        if kind == kinds.FORMULA and row["required"]:
            raise UnusableField.field("/required", "A formula is never missing.")
        self._check_options(session, row["key"], options)
        count = select(func.count()).select_from(custom_fields).where(TABLE.resource == row["resource"], TABLE.active)
        if row["version"] == 1 and (session.scalar(count) or 0) >= MOST:
            raise TooManyFields

    def _check_options(self, session: Session, key: str, options: dict[str, Any]) -> None:
        codes = [one["code"] for one in options.get("choices", ())]
        if len(set(codes)) < len(codes):
            raise UnusableField.field("/options/choices", "Each code can be there once.")
        if "target" in options and options["target"] not in (self.records.targets or {}):
            targets = ", ".join(self.records.targets or ())
            raise UnusableField.field("/options/target", f"Must be one of: {targets}.")
        if "expression" in options:
            self._check_formula(session, key, options["expression"])

    def _check_formula(self, session: Session, key: str, expression: str) -> None:
        """A formula speaks of fields that hold values, not of other formulas: so none can speak of itself."""
        known = select(TABLE.key).where(TABLE.resource == self.records.resource.name, TABLE.active)
        inputs = {*session.scalars(known.where(TABLE.kind != kinds.FORMULA)), *self.records.inputs} - {key}
        try:
            unknown = variables(expression) - inputs
        except FormulaError as error:
            raise UnusableField.field("/options/expression", str(error)) from None
        if unknown:
            raise UnusableField.field("/options/expression", f"There is no field {', '.join(sorted(unknown))}.")

    def _told(self, session: Session, row: dict[str, Any]) -> dict[str, Any]:
        """Tell the trail and the other services; the answer is what the field looks like now."""
        names = ("key", "label", "label_zh", "kind", "options", "required", "is_unique", "private", "active", "rank")
        state = {name: row[name] for name in names}
        audit.note(session, "define_custom_field", resource="custom_fields", record_id=row["id"], after=state)
        event = self.event(aggregate_id=row["id"], version=row["version"], resource=row["resource"], **state)
        record(session, event)
        return {name: row[name] for name in CustomFieldView._declared_fields}


def _with_closed_choices(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The new options, with the choices that were left out as closed ones: records may have them."""
    if "choices" not in after:
        return after
    codes = {one["code"] for one in after["choices"]}
    left_out = [one | {"active": False} for one in before.get("choices", ()) if one["code"] not in codes]
    return after | {"choices": [*after["choices"], *left_out]}

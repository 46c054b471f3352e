"""What rows say of the fields that the house has added to customers (``chassis.custom_fields``).

``AddedReader`` makes values of cells, ahead of the transactions; ``Adding`` holds a chunk's values to the rules that
take the database: references lead to what is there, and what is to be unique is nobody else's.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from chassis.custom_fields import kinds, texts, values
from chassis.custom_fields.defined import Definition, Definitions, custom_fields_of
from chassis.custom_fields.errors import ValueTaken
from chassis.custom_fields.tables import custom_keys
from chassis.encryption.columns import vault_of
from chassis.events import encode
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, Access
from contracts.customers import CUSTOMERS
from services.customers.changesets import ledger
from services.customers.changesets.ledger import Note
from services.customers.changesets.wording import complaint, note
from services.customers.imports.reading import MISSING, Reading
from services.customers.models import Customer
from services.customers.phones import normal_phone

PREFIX = f"{CUSTOM}."
TAKEN = ValueTaken.slug
Mark = tuple[UUID, bytes]
"""A unique field and the mark of a value."""

CLAIM = text(
    "INSERT INTO custom_keys (field_id, record_id, mark, is_unique) SELECT * FROM unnest("
    "CAST(:fields AS uuid[]), CAST(:records AS uuid[]), CAST(:marks AS bytea[]), CAST(:uniques AS boolean[]))"
    " ON CONFLICT DO NOTHING"
)


def defined(session: Session, names: Iterable[str] = ()) -> Definitions:
    """The custom fields of customers; read again if one of these is not known that somebody may just have added."""
    known = custom_fields_of(session)
    if any(one.removeprefix(PREFIX) not in known.of(CUSTOMERS).by_key for one in names if one.startswith(PREFIX)):
        known.refresh()
    return known.of(CUSTOMERS)


class AddedReader:
    """Reads the cells of custom fields."""

    def __init__(self, definitions: Definitions, order: dict[str, Any]) -> None:
        self._by_name = {one.name: one for one in definitions.by_key.values()}
        self._day_order: str = order["day_order"]
        self._language: str = order["language"]

    def taken_from(self, cells: dict[str, str]) -> dict[str, str]:
        """Take the cells of custom fields out of those of a row."""
        return {name: cells.pop(name) for name in self._by_name.keys() & cells.keys()}

    def read(self, reading: Reading, cells: dict[str, str]) -> None:
        """What the cells say; a row with one that says nothing its field takes fails."""
        complaints = []
        for name, said in cells.items():
            one = self._by_name[name]
            try:
                reading.custom[one.key] = kinds.load(one.kind, one.options, self._value(one, said, reading))
            except ValidationError as error:
                complaints.append(f"{name}: {complaint(self._language, str(error.messages[0]))}")
        if complaints:
            reading.fail(Note("invalid", "; ".join(sorted(complaints))))
        reading.added = self._columns(reading.custom)

    def _value(self, one: Definition, said: str, reading: Reading) -> Any:
        if one.kind == kinds.TELEPHONE:
            return normal_phone(said, reading.fields.get("country"))
        return texts.value_of(one, said, self._day_order)

    def _columns(self, given: dict[str, Any]) -> dict[str, Any]:
        """The columns of a new customer with these values."""
        sealed = {one.key for one in self._by_name.values() if one.private}
        plain = {key: value for key, value in given.items() if value is not None and key not in sealed}
        private = {key: value for key, value in given.items() if value is not None and key in sealed}
        return {"custom": plain or None, "custom_private": encode(private).decode() if private else None}


class Adding:
    """The custom fields of the rows of one chunk, on behalf of whoever started the import."""

    def __init__(self, session: Session, caller: Caller, job_id: UUID, order: dict[str, Any]) -> None:
        self._session, self._caller, self._job_id = session, caller, job_id
        self._vault = vault_of(session)
        self._dry, self._language = bool(order["dry_run"]), str(order["language"])
        self._definitions = custom_fields_of(session).of(CUSTOMERS)
        self._required = [one for one in self._definitions.by_key.values() if one.required]
        self._held: dict[Mark, UUID | None] = {}
        """Whose the values are that the rows want; nobody's yet if an earlier row of a rehearsal would have it."""
        self._new: list[dict[str, Any]] = []

    def look(self, readings: Iterable[Reading]) -> None:
        """Find out what references lead to and which values are taken, for all rows at once."""
        given = [one for one in readings if one.custom and not one.failed]
        checked: dict[tuple[str, str], bool] = {}
        for reading in given:
            self._check_references(reading, checked)
        wanted = {mark for one in given for mark in self._unique(one.custom)}
        self._held = dict(_holders(self._session, wanted))
        if self._dry:
            known = ledger.known(self._session, self._job_id, (mark for _, mark in wanted))
            self._held |= {one: None for one in wanted if one[1] in known}

    def refusal(self, reading: Reading, *, own: bool) -> Note | None:
        """Why the row cannot become a new customer, one's own or another's."""
        given = reading.custom
        missing = [one for one in self._required if given.get(one.key) in (None, []) and self._may_write(one, own=own)]
        if missing:
            why = complaint(self._language, MISSING)
            return Note("invalid", "; ".join(f"{one.name}: {why}" for one in missing))
        if refused := [one.name for one in self._of(given) if not self._may_write(one, own=own)]:
            return note(self._language, "may-not-write", fields=", ".join(sorted(refused)))
        return self._taken(given, None)

    def give(self, customer_id: UUID, reading: Reading) -> None:
        """Let a new customer have the values of its row."""
        for one in self._of(reading.custom):
            if one.marked and reading.custom[one.key] is not None:
                self._new.append(values.row_of(self._vault, one, customer_id, reading.custom[one.key]))
        self._held |= dict.fromkeys(self._unique(reading.custom), customer_id)

    def known_by(self, reading: Reading) -> set[bytes]:
        """By which marks later rows of a rehearsal know that a value is taken."""
        return {mark for _, mark in self._unique(reading.custom)}

    def claim(self, customer_ids: Collection[UUID]) -> set[UUID]:
        """Give the new customers what is unique of theirs; the ids of those who came too late, who get none."""
        rows = [row for row in self._new if row["record_id"] in customer_ids]
        rows.sort(key=lambda row: (row["field_id"], row["mark"]))  # two who want the same never wait for each other
        if not rows:
            return set()
        columns = {"fields": "field_id", "records": "record_id", "marks": "mark", "uniques": "is_unique"}
        arrays = {name: [row[column] for row in rows] for name, column in columns.items()}
        arrays |= {name: [str(one) for one in arrays[name]] for name in ("fields", "records")}
        given: Any = self._session.execute(CLAIM, arrays)
        if given.rowcount == len(rows):
            return set()
        held = _holders(self._session, {(row["field_id"], row["mark"]) for row in rows if row["is_unique"]})
        late = {
            row["record_id"] for row in rows if held.get((row["field_id"], row["mark"])) not in (None, row["record_id"])
        }
        values.forget_marks(self._session, list(late))
        return late

    def changes(self, customer: Customer, reading: Reading) -> dict[str, Any]:
        """Those of the values that the row itself speaks of which the customer does not have."""
        given = {key: value for key, value in reading.custom.items() if PREFIX + key in reading.given}
        if not given:
            return {}
        before = values.stored(customer.custom, customer.custom_private)
        return {key: value for key, value in given.items() if before.get(key) != value}

    def refused_change(self, customer: Customer, changes: dict[str, Any]) -> Note | None:
        """Why the customer cannot have these values; if it can, it has those that are unique from then on."""
        taken = self._taken(changes, customer.id)
        if taken is None:
            self._held |= dict.fromkeys(self._unique(changes), customer.id)
        return taken

    def _taken(self, given: dict[str, Any], customer_id: UUID | None) -> Note | None:
        others = [
            one.name
            for one in self._of(given)
            for mark in self._unique({one.key: given[one.key]})
            if mark in self._held and (customer_id is None or self._held[mark] != customer_id)
        ]
        return note(self._language, TAKEN, fields=", ".join(sorted(others))) if others else None

    def _check_references(self, reading: Reading, checked: dict[tuple[str, str], bool]) -> None:
        targets = self._definitions.records.targets or {}
        for one in self._of(reading.custom):
            if one.kind != kinds.REFERENCE:
                continue
            place = (one.options["target"], reading.custom[one.key])
            if place not in checked:
                checked[place] = targets[place[0]](self._session, self._caller, UUID(place[1]))
            if not checked[place]:
                reading.fail(Note("invalid", f"{one.name}: {complaint(self._language, NOWHERE)}"))

    def _of(self, given: dict[str, Any]) -> list[Definition]:
        return [self._definitions.by_key[key] for key in given if key in self._definitions.by_key]

    def _unique(self, given: dict[str, Any]) -> set[Mark]:
        unique = (one for one in self._of(given) if one.only and given[one.key] is not None)
        return {(one.id, values.mark_of(self._vault, one, given[one.key])) for one in unique}

    def _may_write(self, one: Definition, *, own: bool) -> bool:
        return self._definitions.access(self._caller.field_rules, one, own=own) is Access.WRITE


NOWHERE = "There is no such record."


def _holders(session: Session, wanted: Collection[Mark]) -> dict[Mark, UUID | None]:
    """Who has these values."""
    if not wanted:
        return {}
    table = custom_keys.c
    query = select(table.field_id, table.mark, table.record_id).where(table.is_unique)
    rows = session.execute(query.where(tuple_(table.field_id, table.mark).in_(wanted)))
    return {(row.field_id, bytes(row.mark)): row.record_id for row in rows}

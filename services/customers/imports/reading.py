"""From the cells of a row to the fields of a customer, by the same rules as for one that is entered by hand."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError

from chassis.tables import Row
from services.customers.changesets.ledger import Note
from services.customers.changesets.wording import complaint, note
from services.customers.dictionaries import COUNTRIES, SECTORS
from services.customers.external_ids.schemas import NewExternalId
from services.customers.names import key_of
from services.customers.schemas import NewContact, NewCustomer

DICTIONARIES = {"sector": SECTORS, "country": COUNTRIES}
CUSTOMER_SCHEMA, CONTACT_SCHEMA, EXTERNAL_SCHEMA = NewCustomer(), NewContact(), NewExternalId()
CELLS_KEPT = 5_000
CONTACT = "contact_"
NUMBERS = ("employees", "established_year")
MOMENTS = ("contract_ends_at", "last_deal_at")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
READ_IN_A_WAY = (*NUMBERS, *MOMENTS, "revenue", "tags", "kind", "website")
"""Fields whose cells are not just their texts."""
REPEATED = frozenset(
    {"kind", "sector", "country", "city", "employees", "established_year", "tags", "title"}
    | {"industry", "size", "source", "grade", "lifecycle_stage", *MOMENTS}
)
"""Columns with many cells that are the same."""
GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
"""A number with its thousands apart."""
STAGE_WORDS = {"线索": "lead", "潜在客户": "prospect", "客户": "customer", "流失": "lost"}
TAG_DELIMITERS = re.compile(r"[,;|、，；]")
NAMELESS = "Contact"
"""The name of a contact who comes without one; an address would not do, because names are not sealed."""
MISSING = "Missing data for required field."
USUAL_KIND = "organisation"
KINDS = {
    **dict.fromkeys(("company", "organization", "公司", "企业"), "organisation"),
    **dict.fromkeys(("individual", "个人"), "person"),
}


@dataclass
class Reading:
    """What a row says."""

    number: int
    fields: dict[str, Any] = field(default_factory=dict)
    """Of the customer, valid."""
    given: set[str] = field(default_factory=set)
    """The fields that the row itself speaks of; the others are defaults."""
    record_id: UUID | None = None
    """Of the customer that it names itself."""
    custom: dict[str, Any] = field(default_factory=dict)
    """The values of custom fields by key, valid."""
    added: dict[str, Any] = field(default_factory=dict)
    """The columns of a new customer that hold these."""
    external_id: str | None = None
    """What it is called in the system that the file comes from."""
    contact: dict[str, Any] | None = None
    parent_key: str | None = None
    notes: list[Note] = field(default_factory=list)
    suggestions: list[tuple[str, str, str]] = field(default_factory=list)
    """Field, what it says, and what was most likely meant."""
    failed: bool = False
    new: Any = None
    """The customer that it would create, if it can be taken."""

    @cached_property
    def name_key(self) -> str:
        """The name as it is compared."""
        return key_of(self.fields.get("name", ""))

    def fail(self, why: Note) -> None:
        """Say why the row cannot be taken."""
        self.notes.append(why)
        self.failed = True


class Reader:
    """Reads the rows of one import."""

    def __init__(self, order: dict[str, Any], columns: dict[str, str], added: Any = None) -> None:
        """``columns`` are the columns of the fields that the file has; ``added`` reads those of custom fields."""
        self._added = added
        self._columns = columns
        self._defaults: dict[str, str] = {"kind": USUAL_KIND} | order["defaults"]
        self._corrections = {key_of(wrong): right for wrong, right in order["corrections"].items()}
        self._accept = bool(order["accept_suggestions"])
        self._language: str = order["language"]
        self._named = order["on_new"] == "create"
        """Whether each row must have a name, because it may become a new customer."""

    def read(self, row: Row) -> Reading:
        """What the row says; what is wrong with it is said in the notes."""
        reading = Reading(row.number)
        if row.surplus:
            reading.fail(note(self._language, "surplus-cells"))
            return reading
        cells = {name: text for name, column in self._columns.items() if (text := row.cells[column])}
        self.take(reading, cells)
        return reading

    def take(self, reading: Reading, cells: dict[str, str]) -> None:
        """Take over what the cells say, by the names of the fields."""
        reading.given = set(cells)
        texts = self._defaults | cells
        custom = self._added.taken_from(texts) if self._added else None
        for name, dictionary in DICTIONARIES.items():
            if name in texts:
                texts[name] = self._understood(reading, name, texts[name], dictionary)
        if parent := texts.pop("parent_name", None):
            reading.parent_key = key_of(parent) or None
        if outside := texts.pop("external_id", None):
            reading.external_id = self._loaded(reading, EXTERNAL_SCHEMA, {"external_id": outside}).get("external_id")
        contact = {name.removeprefix(CONTACT): texts.pop(name) for name in list(texts) if name.startswith(CONTACT)}
        reading.fields = self._loaded(reading, CUSTOMER_SCHEMA, texts)
        reading.record_id = reading.fields.pop("id", None)
        if custom:
            self._added.read(reading, custom)
        if self._named and not reading.record_id and not texts.get("name"):
            reading.fail(Note("invalid", f"name: {complaint(self._language, MISSING)}"))
        if contact:
            named = {"name": NAMELESS if contact.get("email") or contact.get("phone") else ""} | contact
            reading.contact = self._loaded(reading, CONTACT_SCHEMA, named, CONTACT) | {"is_primary": True}
            if not named["name"]:
                reading.fail(Note("invalid", f"contact_name: {complaint(self._language, MISSING)}"))

    def _understood(self, reading: Reading, name: str, text: str, dictionary: Any) -> str:
        """A word of a dictionary, as corrected; one that is nearly known is noted with what was most likely meant."""
        if self._corrections:
            text = self._corrections.get(key_of(text), text)
        meant = None if dictionary.knows(text) else dictionary.suggestion(text)
        if meant is None:
            return text
        if self._accept:
            told = {"says": "corrected", "field": name, "text": text, "meant": meant}
            reading.notes.append(note(self._language, f"{name}-corrected", **told))
            return str(meant)
        told = {"says": "nearly-known", "field": name, "text": text, "meant": meant}
        reading.notes.append(note(self._language, f"unknown-{name}", warning=True, **told))
        reading.suggestions.append((name, text, meant))
        return text

    def _loaded(self, reading: Reading, schema: Schema, texts: dict[str, str], prefix: str = "") -> dict[str, Any]:
        """The texts as the fields of the schema load them, field by field, which takes half the time of a schema."""
        loaded, complaints = {}, []
        for name, text in texts.items():
            try:
                if text:
                    loaded[name] = _cell(schema, name, text) if name in REPEATED else _loader(schema, name)(text)
            except ValidationError as error:
                complaints.append(f"{prefix}{name}: {self._said(error.messages)}")
        if complaints:
            reading.fail(Note("invalid", "; ".join(complaints)))
        return loaded

    def _said(self, messages: Any) -> str:
        """marshmallow's nested messages as one text."""
        nested = messages.values() if isinstance(messages, dict) else messages
        return " ".join(complaint(self._language, one) if isinstance(one, str) else self._said(one) for one in nested)


@lru_cache(CELLS_KEPT)
def _cell(schema: Schema, name: str, text: str) -> Any:
    """One cell as its field loads it, of a column with many cells that are the same."""
    return _loader(schema, name)(text)


@cache
def _loader(schema: Schema, name: str) -> Callable[[str], Any]:
    """How a cell becomes the value of this field: without the steps that do nothing for a text that is there."""
    one = schema.fields[name]
    if one.validators or name in READ_IN_A_WAY:
        return lambda text: one.deserialize(_value(name, text))
    return lambda text: one._deserialize(text, name, None)


def _value(name: str, text: str) -> Any:
    """The text of a cell as the schema takes it."""
    if name in NUMBERS or name == "revenue":
        plain = text.replace(",", "") if GROUPED.fullmatch(text) else text
        return int(plain) if name in NUMBERS and plain.isascii() and plain.isdigit() and len(plain) < 20 else plain
    if name in MOMENTS and DAY.fullmatch(text):
        return f"{text}T00:00:00Z"
    if name == "tags":
        return [tag for tag in TAG_DELIMITERS.split(text) if tag.strip()]
    if name == "kind":
        return KINDS.get(key_of(text), key_of(text))
    if name == "lifecycle_stage":
        return STAGE_WORDS.get(text, key_of(text))
    if name == "website" and "://" not in text:
        return f"https://{text}"
    return text

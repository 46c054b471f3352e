"""What the columns of a file may be meant for, before it is imported."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from chassis.context import blobs_of
from chassis.custom_fields.defined import Definitions
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.tables import open_upload, peek_table
from services.customers.imports import headings, memory, permitted, vcards
from services.customers.imports.added import defined
from services.customers.imports.languages import language_of
from services.customers.imports.synonyms import SYNONYMS
from services.customers.registration import CREDIT_CODE

ROWS, SAMPLES = 50, 5
"""Rows that are looked at, and cells of a column that are shown."""
LONGEST_SAMPLE = 200
NEAR = 86.0
"""How much alike (0 to 100) two headings are that may mean the same."""
MOST = 0.8
"""Of the cells of a column that look like something, it is that."""

REMEMBERED = {memory.OWN: 1.0, memory.TEAM: 0.95, memory.COMPANY: 0.9}
NAME, LABEL, SYNONYM, SIMILAR, VALUES = "name", "label", "synonym", "similar", "values"
CONFIDENCE = {NAME: 1.0, LABEL: 0.95, SYNONYM: 0.85, SIMILAR: 0.6, VALUES: 0.5}
WAYS = (*REMEMBERED, *CONFIDENCE)

LOOKS: dict[str, Callable[[str], Any]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}").fullmatch,
    "registration_number": lambda text: CREDIT_CODE.fullmatch(text.upper()),
    "phone": re.compile(r"(\+|00)?[1-9(0][0-9 ()./-]{6,18}[0-9]").fullmatch,
    "website": re.compile(r"(https?://|www\.)\S+", re.IGNORECASE).match,
}
"""Fields whose values can be told by their form."""

IDS = re.compile(r"[0-9a-fA-F-]{36}").fullmatch


@dataclass
class Guess:
    """The field that a column is most likely meant for, and what says so."""

    field: str
    by: str

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return (REMEMBERED | CONFIDENCE)[self.by]


def suggest_mapping(session: Session, caller: Caller, file: str, language: str | None) -> dict[str, Any]:
    """Look at the columns of an uploaded file and suggest which fields they are.

    A mapping that you have used for a file with the same columns is suggested again, or else one of your team's or of
    the company's, the last one. Otherwise columns are known by names and synonyms in English and Chinese, by names that
    are nearly so, and by what stands in them. `mapping` is what `POST /customers/import` takes.
    """
    header, rows = peek_table(open_upload(blobs_of(session), file, caller.user_id), ROWS, also=(vcards.as_csv,))
    custom = defined(session)
    known = permitted.accesses(caller, custom)
    fields = [name for name, access in known.items() if access is Access.WRITE or name == "id"]
    found = memory.remembered(session, caller, header)
    guesses = _remembered(found, fields) if found else _guessed(header, rows, fields, custom)
    said = language_of(session, language)
    return {
        "columns": [_column(one, place, rows, guesses.get(one)) for place, one in enumerate(header)],
        "mapping": {guess.field: column for column, guess in guesses.items()},
        "remembered": found[0] if found else None,
        "fields": [_field(name, custom, said) for name in fields],
    }


def _remembered(found: tuple[str, dict[str, str]], fields: Sequence[str]) -> dict[str, Guess]:
    whose, columns = found
    return {column: Guess(field, whose) for field, column in columns.items() if field in fields}


def _guessed(
    header: Sequence[str], rows: list[list[str]], fields: Sequence[str], custom: Definitions
) -> dict[str, Guess]:
    """What the names of the columns tell, the surest first, and then what stands in them."""
    guesses: dict[str, Guess] = {}
    ways = {NAME: headings.own_names(fields), LABEL: headings.labels(fields, custom), SYNONYM: SYNONYMS}
    said: dict[str, str] = {}
    for way, names in ways.items():
        for field, name in names:
            if field in fields:
                said.setdefault(headings.normal(name), field)
        for place, column in enumerate(header):
            _note(guesses, column, _plausible(said.get(headings.normal(column)), _cells(rows, place)), way)
    for column in header:
        spellings = [name for name, field in said.items() if field != "id"]
        near = process.extractOne(headings.normal(column), spellings, scorer=fuzz.ratio, score_cutoff=NEAR)
        _note(guesses, column, near and said[near[0]], SIMILAR)
    for place, column in enumerate(header):
        _note(guesses, column, _by_values(_cells(rows, place), fields), VALUES)
    return guesses


def _plausible(field: str | None, cells: list[str]) -> str | None:
    """The field, unless it is the id of customers and what stands there are ids of something else."""
    return None if field == "id" and not all(map(IDS, cells)) else field


def _note(guesses: dict[str, Guess], column: str, field: str | None, way: str) -> None:
    """Take the column for the field, unless one of both has been found before."""
    if field and column not in guesses and all(one.field != field for one in guesses.values()):
        guesses[column] = Guess(field, way)


def _by_values(cells: list[str], fields: Sequence[str]) -> str | None:
    for field, looks in LOOKS.items():
        if field in fields and cells and sum(1 for one in cells if looks(one)) >= MOST * len(cells):
            return field
    return None


def _cells(rows: list[list[str]], place: int) -> list[str]:
    return [row[place] for row in rows if place < len(row) and row[place]]


def _column(name: str, place: int, rows: list[list[str]], guess: Guess | None) -> dict[str, Any]:
    samples = list(dict.fromkeys(cell[:LONGEST_SAMPLE] for cell in _cells(rows, place)))[:SAMPLES]
    about: dict[str, Any] = {"field": None, "confidence": 0.0, "by": None}
    if guess:
        about = {"field": guess.field, "confidence": guess.confidence, "by": guess.by}
    return {"column": name, "samples": samples, **about}


def _field(name: str, custom: Definitions, language: str) -> dict[str, Any]:
    added = {one.name: one for one in custom.by_key.values()}
    if name in added:
        one = added[name]
        return {"name": name, "label": headings.label_of_added(one, language), "required": one.required}
    return {"name": name, "label": headings.label_of(name, language), "required": name == "name"}

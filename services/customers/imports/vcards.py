"""Address books (vCard 2.1, 3.0, 4.0) as a table: a card of a company, or of somebody at one."""

import csv
import quopri
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, BinaryIO

COLUMNS = (
    *("name", "kind", "phone", "email", "address", "city", "country", "website", "tags", "description"),
    *("contact_name", "contact_title", "contact_email", "contact_phone"),
)
BEGIN, END = "BEGIN:VCARD", "END:VCARD"
SAMPLE = 200
LONGEST_LINE = 100_000
"""Characters; photographs are longer, and are not wanted."""
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
PARTS = re.compile(r"(?<!\\);")
LISTED = re.compile(r"(?<!\\),")

Card = dict[str, list[str]]
"""The values of each property, the preferred one first."""


def as_csv(file: BinaryIO, made: Any) -> bool:
    """Write the cards as CSV (a converter of ``chassis.tables``)."""
    start = file.peek(SAMPLE)[:SAMPLE].removeprefix(b"\xef\xbb\xbf").lstrip()  # type: ignore[attr-defined]  # a BufferedReader
    if not start[: len(BEGIN)].upper().startswith(BEGIN.encode()):
        return False
    lines = csv.writer(_Encoded(made))
    lines.writerow(COLUMNS)
    with TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline=None) as text:
        for card in _cards(_unfolded(text)):
            row = _row(card)
            lines.writerow([row.get(name, "") for name in COLUMNS])
    return True


class _Encoded:
    """Text that goes on as UTF-8."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Pass it on."""
        self._file.write(text.encode())


def _unfolded(lines: Any) -> Iterator[str]:
    """The logical lines: one that begins with a blank goes on, and quoted-printable ones end in an equals sign."""
    whole = ""
    for line in lines:
        text = line.rstrip("\n")
        if text[:1] in (" ", "\t") and whole:
            whole += text[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper():
            whole = whole[:-1] + text
        else:
            yield whole
            whole = text
        whole = whole[:LONGEST_LINE]
    yield whole


def _cards(lines: Iterator[str]) -> Iterator[Card]:
    card: Card | None = None
    for line in lines:
        if line.strip().upper() == BEGIN:
            card = {}
        elif line.strip().upper() == END:
            if card:
                yield card
            card = None
        elif card is not None and ":" in line:
            _take(card, line)


def _take(card: Card, line: str) -> None:
    head, value = line.split(":", 1)
    name, *parameters = head.split(";")
    said = [one.upper() for one in parameters]
    if any("QUOTED-PRINTABLE" in one for one in said):
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    values = card.setdefault(name.rpartition(".")[2].upper(), [])
    preferred = any("PREF" in one for one in said)
    values.insert(0 if preferred else len(values), value)


def _row(card: Card) -> dict[str, str]:
    company = _part(card, "ORG", 0)
    person = _first(card, "FN") or " ".join(filter(None, (_part(card, "N", 1), _part(card, "N", 0))))
    reached = {"phone": _first(card, "TEL").removeprefix("tel:"), "email": _first(card, "EMAIL")}
    row = {
        "address": _part(card, "ADR", 2),
        "city": _part(card, "ADR", 3),
        "country": _part(card, "ADR", 6),
        "website": _first(card, "URL"),
        "tags": ";".join(_plain(one) for one in LISTED.split((card.get("CATEGORIES") or [""])[0])),
        "description": _first(card, "NOTE"),
    }
    if not company or company == person:
        kind = "organisation" if company or _first(card, "KIND") == "org" else "person"
        return row | reached | {"name": person or company, "kind": kind}
    contact = {f"contact_{name}": value for name, value in reached.items()}
    whom = {"contact_name": person, "contact_title": _first(card, "TITLE")}
    return row | contact | whom | {"name": company, "kind": "organisation"}


def _first(card: Card, name: str) -> str:
    return _plain((card.get(name) or [""])[0])


def _part(card: Card, name: str, place: int) -> str:
    """One component of a structured value."""
    parts = PARTS.split((card.get(name) or [""])[0])
    return _plain(parts[place]) if place < len(parts) else ""


def _plain(text: str) -> str:
    return ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text).strip()

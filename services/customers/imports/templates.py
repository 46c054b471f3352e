"""Templates: files with a heading for each field that the caller may import, lists to choose from, and an example.

Filled in they are understood without a mapping, in whichever language they were fetched.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.context import blobs_of
from chassis.custom_fields import kinds
from chassis.custom_fields.defined import Definition, Definitions
from chassis.identity.caller import Caller
from chassis.identity.policy import Access
from chassis.workbook_files import MEDIA_TYPE, Choices, write_workbook
from services.customers.changesets.wording import CHINESE
from services.customers.dictionaries import COUNTRIES, SECTORS
from services.customers.imports import headings, permitted
from services.customers.imports.added import defined
from services.customers.imports.languages import language_of
from services.customers.imports.mapping_schemas import CSV
from services.customers.imports.reading import STAGE_WORDS
from services.customers.names import key_of
from services.customers.stages import STAGES
from services.customers.terms.models import DICTIONARIES, Term

NOT_IN_TEMPLATES = frozenset(("id", "external_id"))
"""For customers that are there or in another system; whoever brings these has a file of them."""

EXAMPLES: dict[str, tuple[str, str]] = {
    "name": ("Example Trading Ltd", "示例贸易有限公司"),
    "kind": ("organisation", "企业"),
    "sector": ("software", "software"),
    "country": ("Germany", "China"),
    "city": ("Hamburg", "上海"),
    "address": ("1 Harbour Street", "示例路1号"),
    "website": ("https://example.com/", "https://example.com/"),
    "phone": ("+49 40 123456", "+86 21 5555 0100"),
    "email": ("sales@example.com", "sales@example.com"),
    "employees": ("250", "250"),
    "revenue": ("12.5", "12.5"),
    "established_year": ("1996", "1996"),
    "description": ("Makes engines for small ships.", "生产小型船用发动机。"),
    "tags": ("key account; north", "重点; 华东"),
    "lifecycle_stage": ("lead", "线索"),
    "contract_ends_at": ("2030-12-31", "2030-12-31"),
    "last_deal_at": ("2026-01-31", "2026-01-31"),
    "contact_name": ("Purchasing", "采购部"),
    "contact_title": ("Head of purchasing", "采购经理"),
    "contact_email": ("purchasing@example.com", "purchasing@example.com"),
    "contact_phone": ("+49 40 123457", "+86 21 5555 0101"),
}
"""In English and in Chinese."""

OF_KINDS = {
    **dict.fromkeys((kinds.TEXT, kinds.LONG_TEXT), ("Some text", "文本")),
    **dict.fromkeys(kinds.NUMBERS, ("12.5", "12.5")),
    kinds.DAY: ("2026-01-31", "2026-01-31"),
    kinds.MOMENT: ("2026-01-31 09:00", "2026-01-31 09:00"),
    kinds.URL: ("https://example.com/", "https://example.com/"),
    kinds.MAIL: ("office@example.com", "office@example.com"),
    kinds.TELEPHONE: ("+49 40 123458", "+86 21 5555 0102"),
}
YES_AND_NO = (("yes", "no"), ("是", "否"))
KINDS = (("organisation", "person"), ("企业", "个人"))


@dataclass
class Column:
    """A column of a template."""

    heading: str
    example: str = ""
    choices: Choices | None = None


def import_template(session: Session, caller: Caller, format: str, language: str | None) -> dict[str, Any]:
    """Fetch an empty file to fill in, with a heading for each field that you may import and an example row.

    It has the fields that the house has added. In a workbook, what can be chosen is offered as a list. Put your rows in
    the place of the example, and import it without a mapping.
    """
    columns = list(_columns(session, caller, language_of(session, language)))
    blobs, digest = blobs_of(session), hashlib.sha256(repr(columns).encode()).hexdigest()
    key = f"templates/customers/{digest}.{format}"
    if not blobs.exists(key):
        blobs.put(key, BytesIO(_as_csv(columns) if format == CSV else _as_workbook(columns)))
    media_type = "text/csv; charset=utf-8" if format == CSV else MEDIA_TYPE
    return {"file": key, "name": f"customers-template.{format}", "media_type": media_type}


def _columns(session: Session, caller: Caller, language: str) -> Iterator[Column]:
    custom, zh = defined(session), language == CHINESE
    writable = [name for name, access in permitted.accesses(caller, custom).items() if access is Access.WRITE]
    lists = _lists(session, zh=zh)
    for name in writable:
        if name in headings.LABELS and name not in NOT_IN_TEMPLATES:
            choices = lists.get(name)
            example = EXAMPLES[name][zh] if name in EXAMPLES else choices.texts[0] if choices and choices.texts else ""
            yield Column(headings.label_of(name, language), example, choices)
    for one, heading in _added(custom, writable, language):
        choices = _choices(one, zh=zh)
        yield Column(heading, choices.texts[0] if choices else OF_KINDS.get(one.kind, ("", ""))[zh], choices)


def _added(custom: Definitions, writable: list[str], language: str) -> Iterator[tuple[Definition, str]]:
    """The custom fields with their headings: the label, or the name where the label means something else, too."""
    taken = {headings.normal(label) for labels in headings.LABELS.values() for label in labels}
    taken |= {headings.normal(name) for name in headings.LABELS}
    for one in custom.by_key.values():
        label = headings.label_of_added(one, language)
        if one.name in writable:
            yield one, one.name if headings.normal(label) in taken else label
        taken |= {headings.normal(text) for text in (one.label, one.label_zh or "")}


def _lists(session: Session, *, zh: bool) -> dict[str, Choices]:
    """What can be chosen for fields that come with the suite."""
    stages = [said for said, stage in STAGE_WORDS.items() if stage in STAGES] if zh else list(STAGES)
    return {
        "kind": Choices(KINDS[zh]),
        "lifecycle_stage": Choices(stages),
        "sector": Choices(SECTORS.words, closed=False),
        "country": Choices(COUNTRIES.words, closed=False),
        **{name: Choices(texts, closed=False) for name, texts in _terms(session, zh=zh).items() if texts},
    }


def _terms(session: Session, *, zh: bool) -> dict[str, list[str]]:
    """The terms of each dictionary by their names, or by their codes where a name stands for several."""
    query = select(Term.dictionary, Term.code, Term.name, Term.name_zh).where(Term.active)
    found: dict[str, dict[str, str]] = {name: {} for name in DICTIONARIES}
    for row in session.execute(query.order_by(Term.rank, Term.id)):
        found[row.dictionary][row.code] = row.name_zh if zh and row.name_zh else row.name
    return {name: list(_told_apart(texts)) for name, texts in found.items()}


def _told_apart(texts: dict[str, str]) -> Iterator[str]:
    said = [key_of(text) for text in texts.values()] + [key_of(code) for code in texts]
    return (text if said.count(key_of(text)) == 1 else code for code, text in texts.items())


def _choices(one: Definition, *, zh: bool) -> Choices | None:
    if one.kind == kinds.BOOLEAN:
        return Choices(YES_AND_NO[zh])
    active = [choice for choice in one.options.get("choices", ()) if choice.get("active", True)]
    texts = {choice["code"]: choice.get("label_zh") if zh else choice["label"] for choice in active}
    said = list(_told_apart({code: text or code for code, text in texts.items()})) if texts else []
    return Choices(said, closed=one.kind == kinds.CHOICE) if said else None


def _as_csv(columns: list[Column]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows([[one.heading for one in columns], [one.example for one in columns]])
    return text.getvalue().encode("utf-8-sig")


def _as_workbook(columns: list[Column]) -> bytes:
    out = BytesIO()
    choices = {place: one.choices for place, one in enumerate(columns) if one.choices}
    write_workbook(out, [one.heading for one in columns], [[one.example for one in columns]], choices=choices)
    return out.getvalue()

"""What people write in the cells of a table for the value of a custom field: numbers with their signs, days in the
order of their country, choices by code or label.

What is not understood stays as it is, for ``kinds.load`` to complain of.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.custom_fields import kinds
from chassis.custom_fields.defined import Definition

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = DAY_ORDERS = ("ymd", "dmy", "mdy")
"""How the days of a file are written, where the file itself does not tell."""

ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
YEAR_MONTH_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
TWO_AND_YEAR = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
CLOCK = re.compile(r"(.+?)[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?")
SEVERAL = re.compile(r"[,;|、，；\n]")
SIGNS = "€$£¥￥%元 \u00a0\u2009\u202f'"
CURRENCY = re.compile(r"^[A-Z]{3}\s*(?=[-0-9])|(?<=[0-9.])\s*[A-Z]{3}$")
GROUPED_BY_COMMA = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
GROUPED_BY_DOT = re.compile(r"-?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})")
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
TENFOLD = {"万": 10_000, "亿": 100_000_000}
YES = frozenset(("true", "yes", "y", "1", "x", "on", "是", "对", "有", "✓", "√"))
NO = frozenset(("false", "no", "n", "0", "off", "否", "错", "无", "✗", "×"))


def value_of(one: Definition, text: str, day_order: str = YEAR_FIRST) -> Any:
    """The value that ``kinds.load`` is asked for, by a text that is not blank."""
    reader = READERS.get(one.kind)
    return reader(one, text.strip(), day_order) if reader else text


def number_of(text: str) -> str:
    """A decimal number without what people group and decorate it by; a comma alone is one of thousands if it can be."""
    plain = CURRENCY.sub("", unicodedata.normalize("NFKC", text)).strip(SIGNS)
    times = TENFOLD.get(plain[-1:], 1)
    plain = "".join(one for one in (plain if times == 1 else plain[:-1]) if one not in SIGNS)
    if GROUPED_BY_COMMA.fullmatch(plain):
        plain = plain.replace(",", "")
    elif GROUPED_BY_DOT.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not kinds.NUMBER.fullmatch(plain):
        return text
    return plain if times == 1 else format(Decimal(plain) * times, "f")


def day_of(text: str, day_order: str) -> str:
    """A day as 2026-01-31; what 3/4/2026 is only the order of the file tells, so without one it stays so."""
    if found := YEAR_MONTH_DAY.fullmatch(text):
        return _day(text, found[1], found[2], found[3])
    if not (found := TWO_AND_YEAR.fullmatch(text)):
        midnight = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ]00:00(:00)?", text)
        return midnight[1] if midnight else text
    first, last = int(found[1]), int(found[3])
    if day_order == DAY_FIRST or first > 12 or (found[2] == "." and day_order == YEAR_FIRST):
        return _day(text, found[4], found[3], found[1])
    if day_order == MONTH_FIRST or last > 12 or first == last:
        return _day(text, found[4], found[1], found[3])
    return text


def moment_of(text: str, day_order: str) -> str:
    """A point in time; without a zone it is one of UTC, and a day alone is its beginning."""
    if found := ISO_MOMENT.fullmatch(text):
        return text if found[3] else f"{text}Z"
    clock = CLOCK.fullmatch(text)
    day = day_of(clock[1] if clock else text, day_order)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        return text
    return f"{day}T{int(clock[2]):02}:{clock[3]}:{clock[4] or '00'}Z" if clock else f"{day}T00:00:00Z"


def flag_of(text: str) -> bool | None:
    """Yes or no in the words of both languages; None for anything else."""
    word = _plain(text)
    return True if word in YES else False if word in NO else None


def choice_of(one: Definition, text: str) -> str:
    """The code of what can be chosen, by its code or one of its labels."""
    wanted = _plain(text)
    active = [choice for choice in one.options.get("choices", ()) if choice.get("active", True)]
    for name in ("code", "label", "label_zh"):
        for choice in active:
            if choice.get(name) and _plain(choice[name]) == wanted:
                return str(choice["code"])
    return text


def _choices(one: Definition, text: str) -> list[str]:
    whole = choice_of(one, text)
    if whole in kinds.choices(one.options):  # a label may itself have a comma
        return [whole]
    return [choice_of(one, part) for part in SEVERAL.split(text) if part.strip()]


def _day(text: str, year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return text


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _flag(_: Definition, text: str, __: str) -> Any:
    said = flag_of(text)
    return text if said is None else said


Reader = Callable[[Definition, str, str], Any]

READERS: dict[str, Reader] = {
    **dict.fromkeys(kinds.NUMBERS, lambda _, text, __: number_of(text)),
    kinds.DAY: lambda _, text, order: day_of(text, order),
    kinds.MOMENT: lambda _, text, order: moment_of(text, order),
    kinds.BOOLEAN: _flag,
    kinds.CHOICE: lambda one, text, _: choice_of(one, text),
    kinds.CHOICES: lambda one, text, _: _choices(one, text),
    kinds.REFERENCE: lambda _, text, __: text.lower(),
    kinds.URL: lambda _, text, __: text if "://" in text else f"https://{text}",
}
"""The others are just their texts."""

"""Customers as the rows of a file to import: Chinese and English by halves, some broken, some there twice."""

import csv
import io
import random
from collections import deque
from collections.abc import Iterator, Sequence

from benchmarks import searching as words

COLUMNS = (
    *("name", "kind", "sector", "country", "city", "address", "website", "phone", "email", "employees", "revenue"),
    *("established_year", "tags", "contact_name", "contact_title", "contact_email", "contact_phone"),
)
BROKEN, AGAIN, WITH_CONTACT = 0.03, 0.05, 0.6
"""Shares of the rows: what cannot be taken, what an earlier row has already, and those with a contact."""
RECENT = 5_000
FAULTS = {"name": "", "employees": "about fifty", "revenue": "much", "email": "nobody at home", "website": "://"}

CHINESE = (words.CITIES, words.CORES, words.CORES, words.CORES, words.TRADES, words.CHINESE_FORMS)
ENGLISH = (words.BEGINNINGS, words.MIDDLES, words.MIDDLES, words.ENDS, (" ",), words.WORDS, (" ",), words.LATIN_FORMS)
STRIDE = 1_000_003
"""A prime: the names come in no order, and each of them once."""
SECTORS = ("software", "medical", "retail", "finance", "entertainment", "technology", "food", "logistics")
CODES = {"Germany": "+4930", "United States": "+1212", "Japan": "+813", "Brazil": "+5511", "United Kingdom": "+4420"}
TAGS = ("", "key account", "newsletter", "trade fair; newsletter", "重点客户")
FIRST_NAMES = ("Anna", "Ben", "Clara", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Karen", "Liam")
LAST_NAMES = ("Becker", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jensen", "Keller", "Lopez")
TITLES, CHINESE_TITLES = ("Managing Director", "Buyer", "Head of Finance"), ("总经理", "采购经理", "财务总监")
ROADS = ("人民路", "中山路", "解放路", "建设大道", "长江路")

Cells = dict[str, str]


def as_csv(count: int, seed: int = 0) -> bytes:
    """So many rows as a file; the same for the same seed, and nobody of another one (up to 6)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows(count, seed))
    return text.getvalue().encode()


def rows(count: int, seed: int = 0) -> Iterator[list[str]]:
    """The cells of the rows."""
    chance = random.Random(seed)
    recent: deque[Cells] = deque(maxlen=RECENT)
    for number in range(seed * 1_000_000, seed * 1_000_000 + count):
        cells = (_chinese if number % 2 else _english)(number, chance)
        draw = chance.random()
        if draw < BROKEN:
            fault = chance.choice(list(FAULTS))
            cells[fault] = FAULTS[fault]
        elif draw < BROKEN + AGAIN and recent:
            same = chance.choice(("name", "phone"))
            cells[same] = chance.choice(recent)[same]
        recent.append(cells)
        yield [cells.get(column, "") for column in COLUMNS]


def _chinese(number: int, chance: random.Random) -> Cells:
    city = chance.choice(words.CITIES)
    person = chance.choice(words.SURNAMES) + "".join(chance.choices(words.GIVEN, k=chance.choice((1, 2, 2))))
    contact = (person, chance.choice(CHINESE_TITLES), f"{number}@mail.example.cn", f"139{number:08}")
    return {
        "name": _name(CHINESE, number),
        "country": "中国",
        "city": city,
        "address": f"{city}{chance.choice(ROADS)}{chance.randrange(1, 999)}号",
        "phone": f"138{number:08}",
        "email": f"info{number}@example.cn",
    } | _described(number, chance, contact)


def _english(number: int, chance: random.Random) -> Cells:
    country = chance.choice(list(CODES))
    person = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
    contact = (person, chance.choice(TITLES), f"{number}@mail.example.com", f"{CODES[country]}9{number:07}"[:14])
    return {
        "name": _name(ENGLISH, number),
        "country": country,
        "city": "Harbour Town",
        "address": f"{chance.randrange(1, 999)} Harbour Street",
        "phone": f"{CODES[country]}{number:07}",
        "email": f"office{number}@example.com",
    } | _described(number, chance, contact)


def _described(number: int, chance: random.Random, contact: Sequence[str]) -> Cells:
    """What does not depend on the language."""
    described = {
        "kind": "company",
        "sector": chance.choice(SECTORS),
        "website": f"www.example.com/{number}",
        "employees": f"{chance.randrange(1, 5000):,}",
        "revenue": f"{chance.randrange(1, 90_000) / 100:.2f}",
        "established_year": str(chance.randrange(1950, 2025)),
        "tags": chance.choice(TAGS),
    }
    names = ("contact_name", "contact_title", "contact_email", "contact_phone")
    return described | (dict(zip(names, contact, strict=True)) if chance.random() < WITH_CONTACT else {})


def _name(vocabulary: Sequence[Sequence[str]], number: int) -> str:
    """The combination of the words with this number."""
    place, found = number * STRIDE, []
    for some in reversed(vocabulary):
        place, chosen = divmod(place, len(some))
        found.append(some[chosen])
    return "".join(reversed(found))

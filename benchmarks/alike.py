"""Bilingual customers of whom one in twenty was entered again by somebody else, written straight into the table."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.customer_rows import NOTHING, POOLED, Holder
from benchmarks.searching import BEGINNINGS, CITIES, ENDS, MIDDLES, bilingual
from chassis.ids import new_id

COLUMNS = (
    *("id", "version", "created_at", "updated_at", "owner_id", "team_id", "in_pool", "pooled_at", "kind", "name"),
    *("name_key", "name_grams", "search_tokens", "city", "address", "phone", "email", "registration_number", "tags"),
)
"""What nobody reads here, such as the tokens of searches, is left empty."""
STREETS = ("人民", "中山", "解放", "建设", "科技园", "长江", "黄河", "文化", "工业", "迎宾", "和平", "新华")
ROADS = ("Street", "Road", "Avenue", "Lane", "Close")
TOWNS = ("Hamburg", "London", "Leeds", "Lyon", "Torino", "Porto", "Boston", "Austin", "Perth", "Oslo", "Basel")
FREE = ("qq.com", "163.com", "gmail.com")
AGAIN = 20
REMEMBERED = 500

Entry = dict[str, str | None]


def alike(count: int, holders: Sequence[Holder]) -> tuple[Iterator[str], Sequence[str]]:
    """So many lines in clear, and their columns; the same for the same count."""
    return _lines(count, holders), COLUMNS


def _lines(count: int, holders: Sequence[Holder]) -> Iterator[str]:
    chance = random.Random(count)
    moment = datetime.now(UTC) - timedelta(seconds=count)
    last: list[Entry] = []
    for number in range(count):
        moment += timedelta(seconds=1)
        entry = _again(chance.choice(last), chance) if last and number % AGAIN == 0 else _entry(number, chance)
        last = [*last[-REMEMBERED:], entry] if number % 50 == 1 else last
        yield "\t".join(_cells(entry, moment, holders[number % len(holders)], in_pool=number % POOLED == 7)) + "\n"


def _entry(number: int, chance: random.Random) -> Entry:
    chinese = number % 4 < 2
    name = bilingual(number, chance) if chinese else f"{chance.choice(BEGINNINGS)}{bilingual(number, chance).lower()}"
    digits = f"{chance.randrange(10**9):09}"
    domain = (
        chance.choice(FREE)
        if number % 4 == 0
        else f"{name.partition(' ')[0].lower() if not chinese else 'c'}{number}.example.com"
    )
    return {
        "name": name,
        "city": chance.choice(CITIES if chinese else TOWNS),
        "address": _address(chance, chinese=chinese),
        "phone": f"+861{digits}{number % 10}" if chinese else f"+49{digits}",
        "email": f"u{digits}@{domain}" if number % 4 in (0, 1) else f"info@{domain}",
        "registration_number": f"91{chance.randrange(10**15):015}X" if number % 4 == 1 else None,
    }


def _address(chance: random.Random, *, chinese: bool) -> str:
    if chinese:
        return f"{chance.choice(STREETS)}路{chance.randrange(1, 900)}号{chance.randrange(1, 30)}楼"
    street = "".join(map(chance.choice, (BEGINNINGS, MIDDLES, ENDS)))
    return f"{chance.randrange(1, 300)} {street} {chance.choice(ROADS)}"


def _again(entry: Entry, chance: random.Random) -> Entry:
    """The same customer as somebody else would enter it."""
    again: Entry = {name: value if chance.random() > 0.3 else None for name, value in entry.items()}
    again["name"] = str(entry["name"]).replace("有限公司", "").removesuffix(" Ltd").replace("明", "铭")
    if not (again["phone"] or again["email"]):
        again["phone"] = entry["phone"]
    return again


def _cells(entry: Entry, moment: datetime, holder: Holder, *, in_pool: bool) -> list[str]:
    instant, name = moment.isoformat(), str(entry["name"])
    owner = (NOTHING, NOTHING) if in_pool else (str(holder.user_id), str(holder.team_id))
    known = {column: entry[column] or NOTHING for column in COLUMNS if column in entry}
    return [
        *(str(new_id()), "1", instant, instant, *owner, "t" if in_pool else "f", instant if in_pool else NOTHING),
        *("organisation", name, name.casefold(), "", ""),
        *(known[column] for column in COLUMNS[13:18]),
        "{}",
    ]

"""Customers by the thousand and by the million, written straight into the table: no service would take part in that."""

import io
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import psycopg2

from chassis.encryption.vault import Vault
from chassis.ids import new_id
from chassis.settings import Settings
from services.customers.marks import marks_of
from services.customers.names import grams_of, key_of
from services.customers.naming.tokens import document_of

COLUMNS = (
    *("id", "version", "created_at", "updated_at", "owner_id", "team_id", "in_pool", "pooled_at", "kind", "name"),
    *("name_key", "name_grams", "search_tokens", "sector", "country", "city", "address", "website", "phone", "email"),
    *("employees", "revenue", "established_year", "tags"),
)
FIRST = (
    "Amber",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Fjord",
    "Grove",
    "Harbour",
    "Iris",
    "Juniper",
    "Kestrel",
    "Lotus",
)
SECOND = (
    "Foods",
    "Glass",
    "Labs",
    "Logistics",
    "Marine",
    "Media",
    "Motors",
    "Paper",
    "Steel",
    "Textiles",
    "Tools",
    "江南",
)
PLACES = {"Askja": 100, "Borneo": 200, "Cadiz": 500, "Dingle": 1_000, "Evora": 2_000, "Faro": 5_000}
"""Every so many customers have the place in their name."""
SECTORS = ("software", "medical", "retail", "finance", "entertainment")
COUNTRIES = ("Germany", "China", "Japan", "Brazil", "Kenya")
BATCH = 5_000
POOLED = 20
"""Each twentieth customer waits in the pool."""
NOTHING = r"\N"


Naming = Callable[[int, random.Random], str]
"""The name of the customer with this number."""


class Holder(NamedTuple):
    """Somebody who owns customers."""

    user_id: UUID
    team_id: UUID


def fill(settings: Settings, count: int, holders: Sequence[Holder], name_of: Naming | None = None) -> None:
    """Fill an empty table ``customers`` with so many, spread over the holders; the indexes are made afterwards."""
    fill_with(settings, rows(count, holders, name_of), COLUMNS)


def fill_with(settings: Settings, lines: Iterable[str], columns: Sequence[str]) -> None:
    """Fill the table with lines in clear that have these columns."""
    connection = psycopg2.connect(settings.database_url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'customers' AND indexdef NOT LIKE '%UNIQUE%'"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        copy_into(cursor, "customers", sealed(settings, lines, columns), columns)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE customers")
    connection.close()


def copy_into(cursor: Any, table: str, lines: Iterator[str], columns: Sequence[str] = COLUMNS) -> None:
    """COPY lines of ``sealed`` into a table."""
    statement = f"COPY {table} ({', '.join((*columns, 'marks'))}) FROM STDIN"
    while batch := "".join(islice(lines, BATCH)):
        cursor.copy_expert(statement, io.StringIO(batch))


def sealed(settings: Settings, lines: Iterable[str], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """The lines as customers stores them: contact data sealed, with marks."""
    vault = Vault(settings.encryption_keys, "customers", settings.secret_key)
    places = {name: columns.index(name) for name in ("address", "phone", "email")}
    for line in lines:
        cells = line.rstrip("\n").split("\t")
        given = {name: place for name, place in places.items() if cells[place] != NOTHING}
        marks = marks_of(vault, *(cells[given[name]] if name in given else None for name in ("email", "phone")))
        for name, place in given.items():
            cells[place] = _binary(vault.seal(cells[place], f"customers.{name}", UUID(cells[0])))
        yield "\t".join([*cells, "{" + ",".join(f'"\\\\{_binary(mark)}"' for mark in marks) + "}"]) + "\n"


def _binary(value: bytes) -> str:
    """As COPY reads it."""
    return f"\\\\x{value.hex()}"


def rows(count: int, holders: Sequence[Holder], name_of: Naming | None = None) -> Iterator[str]:
    """Lines in clear; the same for the same count."""
    chance = random.Random(count)
    moment = datetime.now(UTC) - timedelta(seconds=count)
    for number in range(count):
        moment += timedelta(seconds=1)
        name = (name_of or english)(number, chance)
        yield "\t".join(_cells(name, number, moment, chance, holders)).replace(r"\\N", NOTHING) + "\n"


def english(number: int, chance: random.Random) -> str:
    """Words of known frequency, and a number."""
    return f"{chance.choice(FIRST)} {chance.choice(SECOND)} {_place(chance)}{number:07}"


def _cells(name: str, number: int, moment: datetime, chance: random.Random, holders: Sequence[Holder]) -> list[str]:
    instant = moment.isoformat()
    pooled = number % POOLED == 0
    holder = None if pooled else holders[number % len(holders)]
    owner = (str(holder.user_id), str(holder.team_id)) if holder else (NOTHING, NOTHING)
    key = key_of(name)
    return [
        *(str(new_id()), "1", instant, instant, *owner, "t" if pooled else "f", instant if pooled else NOTHING),
        *("organisation", name, key, grams_of(key), document_of([name])),
        *(chance.choice(SECTORS), chance.choice(COUNTRIES), "Hamburg"),
        *("1 Harbour Street", f"https://example.com/{number}", f"+4940{number:07}", f"info{number}@example.com"),
        *(str(chance.randrange(1, 5000)), f"{chance.randrange(1, 90000) / 100:.2f}", "1996", '{"key account"}'),
    ]


def _place(chance: random.Random) -> str:
    return "".join(f"{place} " for place, every in PLACES.items() if chance.randrange(every) == 0)

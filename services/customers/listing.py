"""Lists of customers: what the caller sees, filtered, searched by name, in order, a page at a time.

A page costs the same among ten thousand customers as among a million: it reads along the indexes that have the
caller's customers in the order asked for, merges them, and stops when the page is full.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from chassis.custom_fields.conditions import RECORD_ID, VALUES
from chassis.custom_fields.defined import custom_fields_of
from chassis.custom_fields.fields import put_into
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.errors import Invalid
from chassis.paging import Keyset
from chassis.prepared import PreparedQuery
from contracts.customers import CUSTOMERS
from services.customers import marks
from services.customers.histogram import histogram_of
from services.customers.models import Contact, Customer
from services.customers.names import key_of, search_of
from services.customers.paths import merged
from services.customers.personal import PERSONAL
from services.customers.sight import Paths

Query = Select[*tuple[Any, ...]]
Rows = list[dict[str, Any]]
Filter = Callable[[Any], ColumnElement[bool]]
"""The condition on columns, by their names; equal filters make the same one."""
Read = Callable[..., Rows]
"""Runs a query with what is searched for."""

CONTACTS = Contact.__table__.c
TABLE = Customer.__table__.c
"""Columns of the table rather than attributes of entities, which would take half as long again."""

QUERIES_KEPT = 1_000
"""Of those who have called lately."""

LISTED = (
    *("id", "version", "kind", "name", "sector", "country", "city", "address", "website", "phone", "email"),
    *("employees", "revenue", "established_year", "tags", "parent_id", "owner_id", "team_id", "in_pool", "pool_id"),
    *("registration_number", "industry", "size", "source", "grade", "lifecycle_stage"),
    *("contract_ends_at", "last_deal_at", "custom"),
    *("created_at", "updated_at"),
)

SHOWN = tuple(TABLE[name] for name in (*LISTED, "name_key", "custom_private"))

ROWS = select(*SHOWN)

SEALED = PERSONAL.sealed()["customers"]

NOT_FILTERABLE = ("id", "version", "address", "website", "phone", "email", "custom")

FILTERABLE = {name: TABLE[name] for name in LISTED if name not in NOT_FILTERABLE} | {
    VALUES: TABLE.custom,
    RECORD_ID: TABLE.id,
}

ORDERS = {"name": TABLE.name_key, "created_at": TABLE.created_at, "updated_at": TABLE.updated_at}

KEY = bindparam("key", type_=String)
GRAMS = cast(bindparam("grams", type_=String), TSQUERY)
"""What is searched for, as a part of ``name_key`` and as it is asked for in the index of names."""

FIRST_LOOK, LONG_LOOK = 1_000, 20_000
"""How many customers a search looks at, in order, before it asks the index of names. The long look is for lists by
name only, which have no slices."""


def list_customers(
    session: Session,
    paths: Paths,
    *,
    q: str | None,
    filter: Filter | None,
    sort: str,
    limit: int,
    cursor: str | None,
    **reached_at: str | None,
) -> dict[str, Any]:
    """One page of the customers on these paths (see ``sight.paths``); ``reached_at``: see ``marks.wanted``."""
    wanted = marks.wanted(vault_of(session), **reached_at)
    keyset = _keyset(sort)
    if not paths:
        rows = []
    elif q is None and not wanted:
        rows = _page(session, paths, keyset, limit + 1, filter, cursor)
    else:
        rows = _listing(paths, sort, cursor, filter, limit + 1).found(session, wanted, q)
    return shown(session, keyset.page(rows, limit))


def shown(session: Session, page: dict[str, Any]) -> dict[str, Any]:
    """The page with its contact data open and the values of custom fields, without what only the order needs."""
    definitions = custom_fields_of(session).of(CUSTOMERS)
    for row in vault_of(session).open_rows(page["items"], "customers", SEALED):
        del row["name_key"]
        put_into(definitions, row)
    return page


def _page(
    session: Session, paths: Paths, keyset: Keyset, count: int, filter: Filter | None, cursor: str | None
) -> Rows:
    """The first customers in order, or those beyond the cursor."""
    place = {} if cursor is None else keyset.place(cursor)
    if filter is None:
        return dicts(_prepared_page(paths, keyset, count, later=bool(place)).execute(session, place))
    return _read(session, _page_query(paths, keyset, count, filter, later=bool(place)), **place)


@lru_cache(QUERIES_KEPT)
def _prepared_page(paths: Paths, keyset: Keyset, count: int, *, later: bool) -> PreparedQuery:
    return PreparedQuery(_page_query(paths, keyset, count, None, later=later))


@lru_cache(QUERIES_KEPT)
def _page_query(paths: Paths, keyset: Keyset, count: int, filter: Filter | None, *, later: bool) -> Query:
    """Kept, because making it takes longer than answering it.

    With a filter it is planned each time: for what is rare, another index may be better than that of the order.
    """
    conditions = [keyset.beyond_place() if later else true(), *([filter(FILTERABLE)] if filter else ())]
    # With a parameter in the place of the limit, PostgreSQL would plan for a tenth of the customers.
    return merged(paths, keyset, conditions, literal_column(str(count)), SHOWN)


def _rows(ids: Subquery, keyset: Keyset) -> Query:
    """The customers with these ids, in order."""
    return ROWS.join(ids, ids.c.id == TABLE.id).order_by(*keyset.ordering())


def _listing(paths: Paths, sort: str, cursor: str | None, filter: Any, count: int) -> "Listing":
    if filter is cursor is None:
        return _first_listing(paths, sort, count)
    return Listing(_keyset(sort), paths, cursor, filter, count)


@lru_cache(QUERIES_KEPT)
def _first_listing(paths: Paths, sort: str, count: int) -> "Listing":
    """What is asked for most, remembered with its queries: making them takes longer than answering them."""
    return Listing(_keyset(sort), paths, None, None, count)


def _key(text: str) -> str:
    key = key_of(text)
    if not key:
        raise Invalid.field("/q", "Nothing is left to search for.")
    return key


def _margin(hits: int) -> float:
    """For how many times the hits that a page needs a slice is made: a rate that so many hits tell of is a guess."""
    return float(1 + 3 / max(hits, 1) ** 0.5)


@lru_cache(None)
def _keyset(sort: str) -> Keyset:
    return Keyset(ORDERS[sort.removeprefix("-")], TABLE.id, sort.startswith("-"))


def _read(session: Session, query: Query, **values: Any) -> Rows:
    return dicts(session.execute(query, values))


@dataclass(frozen=True)
class Listing:
    """One page to be read, and the queries for it; what is searched for comes with them."""

    keyset: Keyset
    paths: Paths
    cursor: str | None
    filter: Any
    count: int

    def found(self, session: Session, wanted: list[bytes], text: str | None) -> Rows:
        """The first rows in order that are reached there, if that is asked for, and whose name contains the text."""
        return self.named(session, text) if text and not wanted else _read(session, self.marked(wanted, text))

    def named(self, session: Session, text: str) -> list[dict[str, Any]]:
        """The first rows in order whose name contains the text.

        A text that many names contain fills the page within a short look at the customers in order; for a rare one
        the index of names is quick, because it finds little. For what lies between, the hits of the look tell how far
        to go.
        """
        key = _key(text)
        read = partial(_read, session, key=key, grams=search_of(key))
        rows = read(self._first_look)
        if len(rows) < self.count:
            by_name = self.keyset.order is TABLE.name_key
            rows = self._looked_longer(read, rows) if by_name else self._in_slices(read, rows, session)
        return rows if len(rows) == self.count else read(self._whole)

    def marked(self, wanted: list[bytes], text: str | None) -> Query:
        """The first rows in order that are reached there, themselves or by one of their contacts."""
        own = select(TABLE.id).where(TABLE.marks.contains(wanted))
        by_contact = select(CONTACTS.customer_id).where(CONTACTS.marks.contains(wanted))
        reached = own.union(by_contact).cte("reached").prefix_with("MATERIALIZED")
        conditions = [or_(*self.paths), self._beyond, *self._filtered(FILTERABLE)]
        if text is not None:
            conditions.append(TABLE.name_key.contains(_key(text), autoescape=True))
        found = ROWS.join(reached, reached.c.id == TABLE.id).where(*conditions)
        return found.order_by(*self.keyset.ordering()).limit(self.count)

    def _looked_longer(self, read: Read, rows: Rows) -> Rows:
        """What a long look finds, if hits at the rate of the first look would fill the page."""
        promising = len(rows) * LONG_LOOK >= self.count * FIRST_LOOK
        return read(self._long_look) if promising else rows

    def _in_slices(self, read: Read, rows: Rows, session: Session) -> Rows:
        """What the index of names finds in a slice of the table that should fill the page, or in wider ones.

        Without hits that tell how far to go, it goes as far as if the look had found one.
        """
        histogram = histogram_of(session, self.keyset.order)
        direction = -1 if self.keyset.descending else 1
        begin = (1 - direction) / 2 if self.cursor is None else histogram.place_of(self.keyset.start(self.cursor))
        width = FIRST_LOOK / histogram.rows if histogram.rows else 0
        while len(rows) < self.count:
            if len(rows) > 1:
                width = abs(histogram.place_of(rows[-1][self.keyset.order.key]) - begin) / (len(rows) - 1)
            end = histogram.moment_at(begin + direction * width * self.count * _margin(len(rows)))
            if end is None or not width:
                break
            rows, before = read(self._slice, end=end), rows
            if len(rows) < 2 or len(rows) <= len(before):
                break
        return rows

    @cached_property
    def _first_look(self) -> Query:
        return self._among(FIRST_LOOK)

    @cached_property
    def _long_look(self) -> Query:
        return self._among(LONG_LOOK)

    def _among(self, size: int) -> Query:
        """The hits among the next so many customers."""
        columns = [TABLE.name_key, *(FILTERABLE.values() if self.filter else ())]
        wanted = dict.fromkeys([TABLE.id, self.keyset.order, *columns])
        window = merged(self.paths, self.keyset, [self._beyond], size, wanted).subquery()
        hits = select(window.c.id).where(func.strpos(window.c.name_key, KEY) > 0)
        hits = hits.where(*self._filtered({name: window.c.get(column.key) for name, column in FILTERABLE.items()}))
        first = hits.order_by(*self.keyset.of(window).ordering()).limit(self.count)
        return _rows(first.subquery(), self.keyset)

    @cached_property
    def _whole(self) -> Query:
        """The hits that the index of names finds."""
        return self._indexed(GRAMS)

    @cached_property
    def _slice(self) -> Query:
        """The hits that the index of names finds up to a moment.

        PostgreSQL reads the rows that this index has within the blocks that can have such moments (see the BRIN indexes
        of ``models``). What is searched for is hidden from it: it would guess that few names have all the grams, and
        read the rows of all that do.
        """
        order = self.keyset.order
        end = bindparam("end", type_=order.type)
        return self._indexed(select(GRAMS).scalar_subquery(), order >= end if self.keyset.descending else order <= end)

    def _indexed(self, grams: Any, *within: ColumnElement[bool]) -> Query:
        """The hits that the index of names finds, sorted; materialised, lest the order tempt into another look."""
        match, exact = TABLE.name_grams.op("@@")(grams), func.strpos(TABLE.name_key, KEY) > 0
        conditions = (or_(*self.paths), self._beyond, *within, *self._filtered(FILTERABLE))
        found = select(TABLE.id, self.keyset.order).where(match, exact, *conditions)
        hits = found.cte("hits").prefix_with("MATERIALIZED")
        ids = select(hits.c.id).order_by(*self.keyset.of(hits).ordering()).limit(self.count)
        return _rows(ids.subquery(), self.keyset)

    @property
    def _beyond(self) -> ColumnElement[bool]:
        return self.keyset.beyond(self.cursor)

    def _filtered(self, columns: Any) -> list[ColumnElement[bool]]:
        return [self.filter(columns)] if self.filter else []

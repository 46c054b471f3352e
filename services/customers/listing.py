"""Lists of customers: what the caller sees, filtered, searched by name, in order, a page at a time.

A page costs the same among ten thousand customers as among a million: it reads along the indexes that have the
caller's customers in the order asked for, merges them, and stops when the page is full.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
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
    union,
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
from services.customers.sight import EVERY, Paths

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

SEALED = [name for name in PERSONAL.sealed()["customers"] if name in {column.name for column in SHOWN}]

NOT_FILTERABLE = ("id", "version", "address", "website", "phone", "email", "custom")

FILTERABLE = {name: TABLE[name] for name in LISTED if name not in NOT_FILTERABLE} | {
    VALUES: TABLE.custom,
    RECORD_ID: TABLE.id,
}

ORDERS = {"name": TABLE.name_key, "created_at": TABLE.created_at, "updated_at": TABLE.updated_at}

KEY = bindparam("key", type_=String)
GRAMS = cast(bindparam("grams", type_=String), TSQUERY)
"""What is searched for, as a part of ``name_key`` and as it is asked for in the index of names."""

FIRST_LOOK, LONG_LOOK = 1_000, 100_000
"""How many customers a search looks at, in order, before it asks the index of names. The long look is for lists by
name only: no index tells which blocks have names that are near each other, but one has all that it looks at."""


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
    return dicts(_page_query(paths, keyset, count, filter, later=bool(place)).execute(session, place))


@lru_cache(QUERIES_KEPT)
def _page_query(paths: Paths, keyset: Keyset, count: int, filter: Filter | None, *, later: bool) -> PreparedQuery:
    """Kept, because making it takes longer than answering it.

    It is planned for what the filter asks for: for what is rare, another index may be better than that of the order.
    """
    filtered = [filter(FILTERABLE)] if filter else []
    conditions = [keyset.beyond_place() if later else true(), *filtered]
    # With a parameter in the place of the limit, PostgreSQL would plan for a tenth of the customers.
    return PreparedQuery(merged(paths, keyset, conditions, literal_column(str(count)), SHOWN), planned_for=filtered)


def _rows(ids: Subquery, keyset: Keyset) -> Query:
    """The customers with these ids, in order."""
    return ROWS.join(ids, ids.c.id == TABLE.id).order_by(*keyset.ordering())


def _listing(paths: Paths, sort: str, cursor: str | None, filter: Filter | None, count: int) -> "Listing":
    return (
        _first_listing(paths, sort, filter, count)
        if cursor is None
        else Listing(_keyset(sort), paths, cursor, filter, count)
    )


@lru_cache(QUERIES_KEPT)
def _first_listing(paths: Paths, sort: str, filter: Filter | None, count: int) -> "Listing":
    """What is asked for most, remembered with its queries: making them takes longer than answering them."""
    return Listing(_keyset(sort), paths, None, filter, count)


def _key(text: str) -> str:
    key = key_of(text)
    if not key:
        raise Invalid.field("/q", "Nothing is left to search for.")
    return key


def _margin(hits: int) -> float:
    """For how many times the hits that a page needs one looks ahead: a rate that so many hits tell of is a guess."""
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
        if len(rows) == self.count:
            return rows
        if self.keyset.order is TABLE.name_key:
            rows = read(self._long_look) if rows or self._is_frequent(read) else []
            return rows if len(rows) == self.count else read(self._whole)
        end = self._far_enough(rows, session)
        if end is not None and len(rows) > 1:
            near = read(self._near, end=end)
            if len(near) == self.count:
                return near
            end = self._far_enough(max(rows, near, key=len), session)
        return read(self._whole) if end is None else read(self._near_or_whole, end=end)

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

    def _is_frequent(self, read: Read) -> bool:
        """Whether the newest customers have it: names that are next to each other tell little of others."""
        return bool(read(_first_listing(self.paths, "-created_at", self.filter, 1)._first_look))

    def _far_enough(self, rows: Rows, session: Session) -> Any:
        """The moment up to which the page should be full, at the rate of these hits, or of one if there are none.

        None if that is beyond all customers.
        """
        histogram = histogram_of(session, self.keyset.order)
        begin = 1.0 if self.keyset.descending else 0.0
        if self.cursor is not None:
            begin = histogram.place_of(self.keyset.start(self.cursor))
        if len(rows) > 1:
            width = abs(histogram.place_of(rows[-1][self.keyset.order.key]) - begin) / (len(rows) - 1)
        else:
            width = FIRST_LOOK / histogram.rows if histogram.rows else 0
        ahead = width * self.count * _margin(len(rows))
        return histogram.moment_at(begin - ahead if self.keyset.descending else begin + ahead) if ahead else None

    @cached_property
    def _first_look(self) -> Query:
        """The hits among the next so many customers."""
        columns = [TABLE.name_key, *(FILTERABLE.values() if self.filter else ())]
        wanted = dict.fromkeys([TABLE.id, self.keyset.order, *columns])
        window = merged(self.paths, self.keyset, [self._beyond], FIRST_LOOK, wanted).subquery()
        hits = select(window.c.id).where(func.strpos(window.c.name_key, KEY) > 0)
        hits = hits.where(*self._filtered({name: window.c.get(column.key) for name, column in FILTERABLE.items()}))
        first = hits.order_by(*self.keyset.of(window).ordering()).limit(self.count)
        return _rows(first.subquery(), self.keyset)

    @cached_property
    def _long_look(self) -> Query:
        """The hits among the next many names, which are read without their customers; of hits only, one by one."""
        names = select(TABLE.id, TABLE.name_key).where(EVERY, self._beyond).order_by(*self.keyset.ordering())
        window = names.limit(LONG_LOOK).subquery()
        hits = ROWS.join(window, window.c.id == TABLE.id).where(func.strpos(window.c.name_key, KEY) > 0)
        hits = hits.where(or_(*self.paths), *self._filtered(FILTERABLE))
        return hits.order_by(*self.keyset.of(window).ordering()).limit(self.count)

    @cached_property
    def _whole(self) -> Query:
        """The hits that the index of names finds."""
        hits = self._hits(GRAMS).cte("hits").prefix_with("MATERIALIZED")
        return self._first_of(select(hits))

    @cached_property
    def _near(self) -> Query:
        """The hits that the index of names finds up to a moment."""
        return self._first_of(select(self._hits_near()))

    @cached_property
    def _near_or_whole(self) -> Query:
        """Those hits, or all if they do not fill the page."""
        near = self._hits_near()
        short = select(func.count()).select_from(near).scalar_subquery() < self.count
        every = self._hits(GRAMS, short).cte("every").prefix_with("MATERIALIZED")
        return self._first_of(union(select(near), select(every)))

    def _hits_near(self) -> CTE:
        """The hits that the index of names finds up to a moment.

        PostgreSQL reads the rows that this index has within the blocks that can have such moments (see the BRIN indexes
        of ``models``). What is searched for is hidden from it: it would guess that few names have all the grams, and
        read the rows of all that do.
        """
        order = self.keyset.order
        end = bindparam("end", type_=order.type)
        within = order >= end if self.keyset.descending else order <= end
        return self._hits(select(GRAMS).scalar_subquery(), within).cte("near").prefix_with("MATERIALIZED")

    def _hits(self, grams: Any, *more: ColumnElement[bool]) -> Query:
        """What the index of names finds; to be materialised, lest the order tempt into another look."""
        match, exact = TABLE.name_grams.op("@@")(grams), func.strpos(TABLE.name_key, KEY) > 0
        conditions = (or_(*self.paths), self._beyond, *more, *self._filtered(FILTERABLE))
        return select(TABLE.id, self.keyset.order).where(match, exact, *conditions)

    def _first_of(self, hits: Select[Any] | CompoundSelect[Any]) -> Query:
        """The first of these hits, sorted."""
        found = hits.subquery()
        first = select(found.c.id).order_by(*self.keyset.of(found).ordering()).limit(self.count)
        return _rows(first.subquery(), self.keyset)

    @property
    def _beyond(self) -> ColumnElement[bool]:
        return self.keyset.beyond(self.cursor)

    def _filtered(self, columns: Any) -> list[ColumnElement[bool]]:
        return [self.filter(columns)] if self.filter else []

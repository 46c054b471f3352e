"""Lists of customers: what the caller sees, filtered, searched by name, in order, a page at a time.

A page costs the same among ten thousand customers as among a million: it reads along the indexes that have the
caller's customers in the order asked for, merges them, and stops when the page is full.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, cast, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import Invalid
from chassis.filters import compiled
from chassis.paging import Keyset
from services.customers.models import Customer
from services.customers.names import key_of, search_of
from services.customers.sight import Paths

TABLE = Customer.__table__.c
"""Columns of the table rather than attributes of entities, which would take half as long again."""

QUERIES_KEPT = 1_000
"""Of those who have called lately."""

LISTED = (
    *("id", "version", "kind", "name", "sector", "country", "city", "address", "website", "phone", "email"),
    *("employees", "revenue", "established_year", "tags", "parent_id", "owner_id", "team_id", "in_pool"),
    *("created_at", "updated_at"),
)

ROWS = select(*(TABLE[name] for name in (*LISTED, "name_key")))

NOT_FILTERABLE = ("id", "version", "address", "website", "phone", "email")

FILTERABLE = {name: TABLE[name] for name in LISTED if name not in NOT_FILTERABLE}

ORDERS = {"name": TABLE.name_key, "created_at": TABLE.created_at, "updated_at": TABLE.updated_at}

FIRST_LOOK, LONG_LOOK = 2_000, 20_000
"""How many customers a search looks at, in order, before it asks the index of names."""


def list_customers(
    session: Session,
    paths: Paths,
    *,
    q: str | None,
    filter: Any,
    sort: str,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """One page of the customers on these paths (see ``sight.paths``)."""
    keyset = _keyset(sort)
    if not paths:
        rows = []
    elif q is filter is cursor is None:
        rows = dicts(session.execute(_first_page(paths, sort, limit + 1)))
    else:
        listing = Listing(keyset, paths, keyset.beyond(cursor), filter, limit + 1)
        rows = dicts(session.execute(listing.first())) if q is None else listing.named(session, q)
    page = keyset.page(rows, limit)
    for row in page["items"]:
        del row["name_key"]
    return page


def _keyset(sort: str) -> Keyset:
    return Keyset(ORDERS[sort.removeprefix("-")], TABLE.id, sort.startswith("-"))


@lru_cache(QUERIES_KEPT)
def _first_page(paths: Paths, sort: str, count: int) -> Select[*tuple[Any, ...]]:
    """The query for the page that is asked for most, remembered: making it takes longer than answering it."""
    return Listing(_keyset(sort), paths, true(), None, count).first()


@dataclass(frozen=True)
class Listing:
    """One page to be read."""

    keyset: Keyset
    paths: Paths
    beyond: ColumnElement[bool]
    filter: Any
    count: int

    def first(self) -> Select[*tuple[Any, ...]]:
        """The query for the first rows in order."""
        conditions = [self.beyond, *self._filtered(FILTERABLE)]
        if len(self.paths) > 1:
            return self._rows(self._merged(conditions, self.count))
        return ROWS.where(self.paths[0], *conditions).order_by(*self.keyset.ordering()).limit(self.count)

    def named(self, session: Session, text: str) -> list[dict[str, Any]]:
        """The first rows in order whose name contains the text.

        A text that many names contain fills the page within a short look at the customers in order; for a rare one
        the index of names is quick, because it finds little. Either way the work is bounded.
        """
        key = key_of(text)
        if not key:
            raise Invalid.field("/q", "Nothing is left to search for.")
        for size in (FIRST_LOOK, LONG_LOOK):
            rows = dicts(session.execute(self._rows(self._among(size, key))))
            if len(rows) == self.count:
                return rows
            if len(rows) * LONG_LOOK < self.count * size:
                break  # at this rate not even the long look would fill the page
        return dicts(session.execute(self._rows(self._indexed(key))))

    def _among(self, size: int, key: str) -> Subquery:
        """The hits among the next so many customers."""
        columns = [TABLE.name_key, *(FILTERABLE.values() if self.filter else ())]
        window = self._merged([self.beyond], size, columns)
        hits = select(window.c.id).where(window.c.name_key.contains(key, autoescape=True))
        hits = hits.where(*self._filtered({name: window.c[name] for name in FILTERABLE if name in window.c}))
        return hits.order_by(*self._keyset_of(window).ordering()).limit(self.count).subquery()

    def _indexed(self, key: str) -> Subquery:
        """The hits that the index of names finds, sorted; materialised, lest the order tempt into another look."""
        match = TABLE.name_grams.op("@@")(cast(search_of(key), TSQUERY))
        exact = TABLE.name_key.contains(key, autoescape=True)
        conditions = (or_(*self.paths), self.beyond, *self._filtered(FILTERABLE))
        found = select(TABLE.id, self.keyset.order).where(match, exact, *conditions)
        hits = found.cte("hits").prefix_with("MATERIALIZED")
        return select(hits.c.id).order_by(*self._keyset_of(hits).ordering()).limit(self.count).subquery()

    def _merged(self, conditions: list[ColumnElement[bool]], count: int, columns: Any = ()) -> Subquery:
        """The ids (and more columns) of the first so many on all paths together, in order, each once."""
        wanted = dict.fromkeys([TABLE.id, self.keyset.order, *columns])
        ordering = self.keyset.ordering()
        parts = [select(*wanted).where(path, *conditions).order_by(*ordering).limit(count) for path in self.paths]
        if len(parts) == 1:
            return parts[0].subquery()
        every = union_all(*parts).subquery()
        place = self._keyset_of(every)
        merged = select(every).ext(distinct_on(place.order, place.key)).order_by(*place.ordering())
        return merged.limit(count).subquery()

    def _rows(self, ids: Subquery) -> Select[*tuple[Any, ...]]:
        return ROWS.join(ids, ids.c.id == TABLE.id).order_by(*self.keyset.ordering())

    def _keyset_of(self, table: Any) -> Keyset:
        return Keyset(table.c[self.keyset.order.key], table.c.id, self.keyset.descending)

    def _filtered(self, columns: Any) -> list[ColumnElement[bool]]:
        return [compiled(self.filter, columns)] if self.filter else []

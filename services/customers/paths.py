"""Customers in order along several paths on which a caller sees them (see ``sight.paths``)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.paging import Keyset
from services.customers.sight import Paths


def merged(
    paths: Paths, keyset: Keyset, conditions: Iterable[ColumnElement[bool]], count: Any, columns: Iterable[Any]
) -> Select[*tuple[Any, ...]]:
    """These columns of the first so many on all paths together, in order, each customer once.

    Each path has an index in this order. PostgreSQL reads along all of them by turns, and stops when it has enough.
    """
    ordering = keyset.ordering()
    parts = [select(*columns).where(path, *conditions).order_by(*ordering).limit(count) for path in paths]
    if len(parts) == 1:
        return parts[0]
    every = union_all(*parts).subquery()
    place = keyset.of(every)
    return select(every).ext(distinct_on(place.order, place.key)).order_by(*place.ordering()).limit(count)

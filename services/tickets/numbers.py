"""Numbers that people can say on the telephone: SR-2026-000123, CP-2026-000045."""

from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.tickets.models import TicketNumber

PREFIXES = {"service_request": "SR", "complaint": "CP"}

Series = tuple[str, int]
"""A kind of ticket and the year in which it was taken in: each such pair counts for itself."""


def draw(session: Session, series: Iterable[Series]) -> Iterator[str]:
    """The next number of each series, in order; nobody else gets them.

    Two that draw from the same series wait for each other until the first has committed, so there are no gaps. They
    take the series in the same order, so they do not wait for each other forever.
    """
    wanted = list(series)
    following = {one: _reserve(session, one, count) for one, count in sorted(Counter(wanted).items())}
    for kind, year in wanted:
        yield f"{PREFIXES[kind]}-{year:04}-{next(following[kind, year]):06}"


def _reserve(session: Session, series: Series, count: int) -> Iterator[int]:
    kind, year = series
    row = insert(TicketNumber).values(kind=kind, year=year, last=count)
    grown = {"last": TicketNumber.last + count}
    drawn = row.on_conflict_do_update(index_elements=["kind", "year"], set_=grown).returning(TicketNumber.last)
    last = session.execute(drawn).scalar_one()
    return iter(range(last - count + 1, last + 1))

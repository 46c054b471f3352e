"""Where moments lie in a table, by the statistics that PostgreSQL keeps for its planner."""

import time
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

STATISTICS = text("""
    SELECT histogram_bounds::text::timestamptz[], reltuples FROM pg_stats JOIN pg_class ON relname = tablename
    WHERE schemaname = current_schema AND relnamespace = current_schema::regnamespace
    AND tablename = :table AND attname = :column
""")

KEPT_SECONDS = 60


def histogram_of(session: Session, column: Any) -> "Histogram":
    """The histogram of a column of moments, remembered for a minute: reading it takes longer than using it."""
    kept = _kept.setdefault(session.get_bind(), {})
    histogram = kept.get(column.key)
    if histogram is None or time.monotonic() > histogram.read_at + KEPT_SECONDS:
        found = session.execute(STATISTICS, {"table": column.table.name, "column": column.key}).one_or_none()
        bounds, rows = found or (None, 0)
        histogram = kept[column.key] = Histogram(bounds or [], rows, time.monotonic())
    return histogram


@dataclass(frozen=True)
class Histogram:
    """Moments that part the rows of a table into equally many; none if there are no statistics yet.

    A place is the share of the rows that are older: from 0 for the first to 1 for the last. It is but a good guess,
    and so is how many rows there are.
    """

    bounds: list[datetime]
    rows: float = 0
    read_at: float = 0.0

    def place_of(self, moment: datetime) -> float:
        """The place of a moment; 0 and 1 are also the places of all that lies beyond."""
        behind = bisect_left(self.bounds, moment)
        if behind in (0, len(self.bounds)):
            return float(behind > 0)
        before, after = self.bounds[behind - 1 : behind + 1]
        return (behind - 1 + (moment - before) / (after - before)) / (len(self.bounds) - 1)

    def moment_at(self, place: float) -> datetime | None:
        """The moment at a place; None unless it lies between the first and the last."""
        if not self.bounds or not 0 < place < 1:
            return None
        position = place * (len(self.bounds) - 1)
        behind = min(int(position) + 1, len(self.bounds) - 1)
        before, after = self.bounds[behind - 1 : behind + 1]
        return before + (position - behind + 1) * (after - before)


_kept: WeakKeyDictionary[Engine | Connection, dict[str, Histogram]] = WeakKeyDictionary()
"""What each database of this process has told."""

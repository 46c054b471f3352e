"""The newest changes in the order of the stream."""

from dataclasses import dataclass

import orjson

from gateway.live.endings import ended_by

Group = tuple[str, str]
"""The owning service and the kind of record."""


@dataclass(frozen=True, slots=True)
class Change:
    """That a record has changed: what the event tells besides its payload."""

    event_id: str
    group: Group
    record: str
    frame: bytes
    """The server-sent event."""
    ends: str | None = None
    """Whose access is over with it: the id of a session, an API key or a person."""


class Ring:
    """The newest ``size`` changes, each with a position that only grows."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._changes: dict[int, Change] = {}
        self._positions: dict[str, int] = {}
        self.end = 0
        """The position of the change that comes next."""

    def add(self, change: Change) -> bool:
        """Append a change; False if it is here already, as the relay may publish twice and the stream is re-read."""
        if change.event_id in self._positions:
            return False
        self._changes[self.end] = change
        self._positions[change.event_id] = self.end
        self.end += 1
        oldest = self._changes.pop(self.end - 1 - self._size, None)
        if oldest is not None:
            del self._positions[oldest.event_id]
        return True

    def position_after(self, event_id: str) -> int | None:
        """Where whoever got this event last goes on; None if it is not here (any more)."""
        position = self._positions.get(event_id)
        return None if position is None else position + 1

    def since(self, position: int, limit: int) -> list[Change]:
        """At most ``limit`` changes from a position on."""
        positions = range(max(position, self.end - self._size), min(position + limit, self.end))
        return [self._changes[one] for one in positions if one in self._changes]

    @property
    def newest_id(self) -> str | None:
        """The id of the newest change."""
        newest = self._changes.get(self.end - 1)
        return newest.event_id if newest else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known yet."""
        return not self._changes


def change_of(body: bytes) -> Change:
    """The change that an event of the bus tells of; raises KeyError or ValueError for anything else."""
    event = orjson.loads(body)
    told = {
        "type": event["type"],
        "service": event["service"],
        "resource": event["aggregate"],
        "id": event["aggregate_id"],
        "version": event["version"],
        "occurred_at": event["occurred_at"],
    }
    frame = b"id: %b\nevent: change\ndata: %b\n\n" % (event["id"].encode(), orjson.dumps(told))
    return Change(event["id"], (event["service"], event["aggregate"]), event["aggregate_id"], frame, ended_by(event))

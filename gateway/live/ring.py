"""The newest changes in the order of the stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    changed: tuple[str, ...] | None = None
    """The fields that are different, if the event says that; the owner knows which of them a listener may hear of."""

    def frame_for(self, shown: Mapping[str, Any]) -> bytes:
        """The server-sent event for somebody to whom the owner shows this much of the record."""
        if self.changed is None or "changed" not in shown:
            return self.frame
        names = [name for name in self.changed if name in shown["changed"]]
        values = {name: shown["values"][name] for name in names if name in shown["values"]}
        more = orjson.dumps({"changed": names, "values": values})
        return b"%b,%b\n\n" % (self.frame.removesuffix(b"}\n\n"), more[1:])


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
    changed = event["payload"].get("changed")
    names = tuple(map(str, changed)) if isinstance(changed, list) else None
    group = (event["service"], event["aggregate"])
    return Change(event["id"], group, event["aggregate_id"], frame, ended_by(event), names)

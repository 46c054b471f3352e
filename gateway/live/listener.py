"""One listener: his socket, and how far he has heard."""

import socket
import time
from collections.abc import Collection, Mapping
from typing import Any

from gateway.live.ring import Change, Group, Ring

Asked = dict[str, list[str]]
"""The ids of records, each with the names of its changed fields."""

BATCH = 500
"""So many changes are looked at together; a service is asked about at most a thousand records at once."""
BACKLOG = 2000
"""Whoever is further behind is told to read anew: that is less work for both sides."""
UNSENT_LIMIT = 1 << 20
HEARTBEAT_SECONDS = 15.0
ASK_AGAIN_SECONDS = 1.0
ASK_AT_MOST = 10


class Listener:
    """A connected caller; everything here happens in the thread of the hub."""

    def __init__(
        self,
        stream: socket.socket,
        head: bytes,
        *,
        token: str,
        names: Collection[str],
        expires_at: float,
        last_id: str | None,
    ) -> None:
        self.stream = stream
        self.token = token
        self.names = names
        """His own id and that of his session, or of the API key in its place."""
        self.last_id = last_id
        self.position = -1
        """The next change to look at; -1 until it is known where to begin."""
        self.batch: list[Change] = []
        self.waiting_for: dict[Group, int] = {}
        """The groups of the batch whose answer is still to come, with how often they were asked about."""
        self.ask_at: dict[Group, float] = {}
        self.missed = False
        self._visible: dict[tuple[Group, str], Mapping[str, Any]] = {}
        self._unsent = bytearray(head)
        self._expires_at = expires_at
        self._written_at = time.monotonic()

    def begin(self, ring: Ring) -> None:
        """Find where to begin: now, or after the last event that he got."""
        if self.last_id is None:
            self.position = ring.end
            self._mark(ring.newest_id)
            return
        position = ring.position_after(self.last_id)
        if position is None:
            self.reset(ring)
        else:
            self.position = position

    def take_batch(self, ring: Ring) -> dict[Group, Asked]:
        """Take the next changes, unless there are none or the last are not done; the records to ask about."""
        if self.batch or self.position >= ring.end:
            return {}
        if ring.end - self.position > BACKLOG:
            self.reset(ring)
            return {}
        self.batch = ring.since(self.position, BATCH)
        self.waiting_for = dict.fromkeys((change.group for change in self.batch), 0)
        return {group: self.records_of(group) for group in self.waiting_for}

    def records_of(self, group: Group) -> Asked:
        """The records of one group in the batch, each with the fields that are different."""
        records: Asked = {}
        for change in self.batch:
            if change.group == group:
                names = records.setdefault(change.record, [])
                names += [name for name in change.changed or () if name not in names]
        return records

    def may_see(self, group: Group, records: Mapping[str, Mapping[str, Any]]) -> None:
        """The answer for one group: of its records these are visible, with what may be told of each."""
        self._visible.update(((group, record), shown) for record, shown in records.items())
        self.waiting_for.pop(group, None)

    def ask_later(self, group: Group) -> None:
        """There was no answer: ask again, or after too many times do without the group and say that it is missing."""
        self.waiting_for[group] += 1
        if self.waiting_for[group] >= ASK_AT_MOST:
            self.missed = True
            self.may_see(group, {})
        else:
            self.ask_at[group] = time.monotonic() + ASK_AGAIN_SECONDS

    def finish_batch(self, ring: Ring) -> int:
        """Write the visible changes of a batch whose answers are all there; how many."""
        seen = ((change, self._visible.get((change.group, change.record))) for change in self.batch)
        visible = [change.frame_for(shown) for change, shown in seen if shown is not None]
        self.position += len(self.batch)
        if self.missed:
            self.reset(ring)
        elif visible:
            self.write(b"".join(visible))
        self.batch, self._visible, self.missed = [], {}, False
        return len(visible)

    def reset(self, ring: Ring) -> None:
        """Tell him to read anew what he shows, and go on from here."""
        self.batch, self.waiting_for, self.ask_at, self._visible, self.missed = [], {}, {}, {}, False
        self.position = ring.end
        newest = ring.newest_id
        self.write((b"id: %b\n" % newest.encode() if newest else b"") + b"event: reset\ndata: {}\n\n")

    def expire(self) -> None:
        """Tell him that his token is no longer good."""
        self.write(b"event: expired\ndata: {}\n\n")

    @property
    def expired(self) -> bool:
        """Whether his token's time is over."""
        return time.time() >= self._expires_at

    def keep_alive(self, ring: Ring) -> None:
        """After a silence send a comment, with the newest id if he has heard all: so he can go on from there."""
        if time.monotonic() - self._written_at < HEARTBEAT_SECONDS:
            return
        if self.position == ring.end:
            self._mark(ring.newest_id)
        self.write(b": heartbeat\n\n")

    def write(self, data: bytes) -> None:
        """Queue bytes for him; ``send`` sends them."""
        self._unsent += data
        self._written_at = time.monotonic()

    def send(self) -> bool:
        """Send what the socket takes; True if nothing is left. Raises OSError when he is gone or far too slow."""
        if self._unsent:
            try:
                sent = self.stream.send(self._unsent)
            except BlockingIOError:
                sent = 0
            del self._unsent[:sent]
            if len(self._unsent) > UNSENT_LIMIT:
                raise TimeoutError("the listener does not read")
        return not self._unsent

    def _mark(self, event_id: str | None) -> None:
        """An id without data: the client keeps it as its Last-Event-ID and fires no event."""
        if event_id:
            self.write(b"id: %b\n\n" % event_id.encode())

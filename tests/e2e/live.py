"""A listener to live changes, as a browser's EventSource is one."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from devservers.ports import wait_until
from tests.e2e.person import Person

SILENCE_SECONDS = 60.0


@dataclass
class Listener:
    """Keeps what came over one stream."""

    stream: HTTPResponse
    changes: list[dict[str, Any]] = field(default_factory=list)
    other_events: list[str] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False

    def heard_of(self, record_id: str) -> list[str]:
        """The types of the changes of one record, in order."""
        return [change["type"] for change in self.changes if change["id"] == record_id]

    def wait_for(self, record_id: str, event: str, timeout: float = 15) -> None:
        """Wait until a change of a record has come."""
        wait_until(lambda: event in self.heard_of(record_id), f"{event} of {record_id}", timeout)

    def wait_for_other(self, event: str, timeout: float = 15) -> None:
        """Wait until an event that is no change has come, such as ``expired``."""
        wait_until(lambda: event in self.other_events, event, timeout)

    def read(self) -> None:
        """Take in the stream until it ends."""
        event = "message"
        try:
            while line := self.stream.readline().decode():
                name, _, value = line.rstrip().partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "event":
                    event = value
                elif name == "data":
                    self._take(event, value)
                    event = "message"
        except OSError:
            pass  # hung up
        self.ended = True

    def _take(self, event: str, data: str) -> None:
        if event == "change":
            self.changes.append(json.loads(data))
        else:
            self.other_events.append(event)


@contextmanager
def listening(person: Person, last_id: str | None = None) -> Iterator[Listener]:
    """Listen to live changes for the time of a block."""
    headers = {"Authorization": f"Bearer {person.current_token()}"} | ({"Last-Event-ID": last_id} if last_id else {})
    connection = HTTPConnection(urlsplit(person.url).netloc, timeout=SILENCE_SECONDS)
    connection.request("GET", "/api/v1/live", headers=headers)
    hold = connection.sock
    stream = connection.getresponse()
    assert stream.status == 200, stream.read()
    listener = Listener(stream)
    reader = threading.Thread(target=listener.read, daemon=True)
    reader.start()
    try:
        yield listener
    finally:
        with suppress(OSError):  # closed by the gateway already
            hold.shutdown(socket.SHUT_RDWR)
        reader.join()
        stream.close()
        connection.close()

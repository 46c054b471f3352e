"""Green threads that live on from one piece of work to the next: a new one costs two system calls for its stack."""

from collections.abc import Callable
from typing import Any

import eventlet
import eventlet.hubs
import greenlet
from eventlet.event import Event

Work = tuple[Callable[..., None], tuple[Any, ...]]


class Workers:
    """As many green threads as there was ever work for at a time; whoever hands over work limits how much that is."""

    def __init__(self) -> None:
        self._idle: list[greenlet.greenlet] = []
        self._busy = 0
        self._at_rest: Event | None = None

    def run(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run a function soon, which must not raise."""
        self._busy += 1
        if self._idle:
            eventlet.hubs.get_hub().schedule_call_global(0, self._idle.pop().switch, (function, arguments))
        else:
            eventlet.spawn_n(self._live, (function, arguments))

    def wait(self) -> None:
        """Wait until all work is done."""
        while self._busy:
            if self._at_rest is None:
                self._at_rest = Event()
            self._at_rest.wait()

    def _live(self, work: Work) -> None:
        hub = eventlet.hubs.get_hub()
        while True:
            function, arguments = work
            try:
                function(*arguments)
            finally:
                self._done()
            self._idle.append(greenlet.getcurrent())
            work = hub.switch()

    def _done(self) -> None:
        self._busy -= 1
        if not self._busy and self._at_rest is not None:
            self._at_rest.send(None)
            self._at_rest = None

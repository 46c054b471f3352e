"""gunicorn's threaded worker, whose threads wait a moment for the next request of the same client.

gunicorn hands a connection back to its main thread after each request, which watches it and hands it to a thread again
for the next: two more switches between threads, and a quarter of the gateway's CPU for a small request.
"""

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

LINGER_MILLISECONDS = 15
"""About as long as a client that is at work takes until its next request."""


class LingeringWorker(ThreadWorker):
    """As long as half of the threads are free for others, one that has answered stays with its connection."""

    def init_process(self) -> None:
        """Prepare the places for lingering threads, after the fork."""
        self._places = list(range(self.cfg.threads // 2))
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle a request on a connection, and those that follow at once; in a thread of the pool."""
        result = super().handle(conn)
        while result is True and self.alive and self._next_comes(conn):
            result = super().handle(conn)
        return result

    def _next_comes(self, conn: Any) -> bool:
        if self.tpool._work_queue.qsize():
            return False
        try:
            place = self._places.pop()
        except IndexError:
            return False
        try:
            return bool(conn.parser.unreader.buf.getvalue()) or _readable(conn.sock)
        finally:
            self._places.append(place)


def _readable(sock: Any) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(LINGER_MILLISECONDS))

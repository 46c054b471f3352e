"""Making the process green: blocking calls of the standard library and of psycopg2 yield to other work."""

from collections.abc import Callable
from typing import Any

import eventlet
import eventlet.hubs
import eventlet.tpool
import psycopg2
import psycopg2.extensions

from chassis import offload


def make_green() -> None:
    """Patch the process; must run before anything else is imported that opens sockets or starts threads."""
    eventlet.monkey_patch()
    psycopg2.extensions.set_wait_callback(_wait)
    offload.use(run_in_thread)


def run_in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run CPU-heavy C code that releases the interpreter lock (argon2) beside the event loop."""
    return eventlet.tpool.execute(function, *arguments)


def _wait(connection: Any) -> None:
    """Let others work while the database does."""
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        readable = state == psycopg2.extensions.POLL_READ
        eventlet.hubs.trampoline(connection.fileno(), read=readable, write=not readable)

"""Making the process green: blocking calls of the standard library and of psycopg2 yield to other work."""

from collections.abc import Callable
from typing import Any

import eventlet
import eventlet.hubs
import eventlet.tpool
import psycopg2
import psycopg2.extensions

from chassis import offload

ANSWER_SECONDS = 35
"""By then the server, if it is there, has ended every statement itself (chassis.database)."""


def make_green() -> None:
    """Patch the process; must run before anything else is imported that opens sockets or starts threads."""
    eventlet.monkey_patch()
    psycopg2.extensions.set_wait_callback(_wait)
    offload.use(run_in_thread)


def run_in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run CPU-heavy C code that releases the interpreter lock (argon2) beside the event loop."""
    return eventlet.tpool.execute(function, *arguments)


def _wait(connection: Any) -> None:
    """Let others work while the database does.

    libpq's own time-outs do not reach here: without these, a worker would wait for ever for a server that is gone
    without a word.
    """
    seconds = _connect_seconds(connection) if connection.status == psycopg2.extensions.STATUS_SETUP else ANSWER_SECONDS
    late = psycopg2.OperationalError(f"no sign of the database for {seconds} s")
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        readable = state == psycopg2.extensions.POLL_READ
        eventlet.hubs.trampoline(
            connection.fileno(), read=readable, write=not readable, timeout=seconds, timeout_exc=late
        )


def _connect_seconds(connection: Any) -> int:
    return int(psycopg2.extensions.parse_dsn(connection.dsn).get("connect_timeout", ANSWER_SECONDS))

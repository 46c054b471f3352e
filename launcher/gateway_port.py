"""The gateway's port: 8000, or the next one that is free and that no other checkout is about to take."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devservers.ports import NotReady, is_free

FIRST = 8000


@contextmanager
def reserved_port() -> Iterator[int]:
    """Keep a port for ourselves (GATEWAY_PORT is where the search begins)."""
    first = int(os.environ.get("GATEWAY_PORT") or FIRST)
    for port in range(first, first + 100):
        handle = _claim(port) if is_free(port) else None
        if handle is not None:
            try:
                yield port
            finally:
                os.close(handle)
            return
    raise NotReady(f"no free port between {first} and {first + 99}")


def _claim(port: int) -> int | None:
    """A lock that all checkouts on this machine agree on; the kernel gives it back when we end."""
    file = Path(tempfile.gettempdir()) / f"rockpool-gateway-{port}.lock"
    try:
        handle = os.open(file, os.O_RDONLY if file.exists() else os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle

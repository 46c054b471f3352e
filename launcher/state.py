"""What runs, written down for the other commands and for the run after a kill."""

import fcntl
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from devservers import processes
from devservers.processes import Seen
from launcher.kept import Kept
from launcher.places import Places, write_private


@dataclass(frozen=True)
class State:
    """The last word of the launcher of this checkout."""

    launcher: Seen | None
    ready: bool
    url: str
    processes: list[dict[str, Any]]

    @property
    def running(self) -> bool:
        """Whether that launcher still runs."""
        return self.launcher is not None and self.launcher.alive


class StateFile:
    """Writes the state when it has changed."""

    def __init__(self, places: Places, url: str) -> None:
        self._file = places.state
        self._url = url
        self._written = ""
        self._lock = threading.Lock()
        self._me = processes.seen(os.getpid())

    def write(self, kept: Iterable[Kept], ready: bool) -> None:
        """Write the state of these processes."""
        with self._lock:
            launcher = {"pid": self._me.pid, "started": self._me.started} if self._me else None
            state = {
                "launcher": launcher,
                "ready": ready,
                "url": self._url,
                "processes": [one.described() for one in kept],
            }
            text = json.dumps(state, indent=2)
            if text != self._written:
                write_private(self._file, text)
                self._written = text


def read_state(places: Places) -> State:
    """The last state; an empty one if there is none."""
    try:
        found = json.loads(places.state.read_text(encoding="utf-8"))
        launcher = Seen(**found["launcher"]) if found["launcher"] else None
        return State(launcher, bool(found["ready"]), str(found["url"]), list(found["processes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return State(None, False, "", [])


def hold(file: Path) -> IO[str] | None:
    """Take a lock that the kernel gives back whatever becomes of us; None if another process has it."""
    handle = file.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle

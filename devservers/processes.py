"""What the kernel knows about processes: who is alive, who is a child, who belongs to one of our folders.

A process id alone proves nothing (ids are used again), so a process is named by its id and its start time, and the
processes that a killed run left behind are found by the mark in their environment.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

OWNER = "ROCKPOOL_OWNER"
"""Environment variable of every process that we start: the folder that it belongs to."""

_PROC = Path("/proc")


@dataclass(frozen=True)
class Seen:
    """A process as it was seen once: its id and the moment it started (clock ticks since boot)."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return start_time(self.pid) == self.started

    @property
    def seconds_up(self) -> float:
        """How long the process has been running."""
        uptime = float((_PROC / "uptime").read_text().split()[0])
        return max(0.0, uptime - self.started / os.sysconf("SC_CLK_TCK"))


def seen(pid: int) -> Seen | None:
    """The process with this id, or None if there is none."""
    started = start_time(pid)
    return None if started is None else Seen(pid, started)


def start_time(pid: int) -> int | None:
    """Start of the process in clock ticks since boot; None if it does not run any more."""
    fields = _stat(pid)
    if fields is None or fields[0] in ("Z", "X"):
        return None
    return int(fields[19])


def parent(pid: int) -> int | None:
    """Id of the parent process; None if the process does not exist."""
    fields = _stat(pid)
    return None if fields is None else int(fields[1])


def descendants(pid: int) -> list[Seen]:
    """Children, their children, and so on."""
    children: dict[int, list[int]] = {}
    for other in _all_pids():
        fields = _stat(other)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(other)
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            queue.append(child)
            process = seen(child)
            if process is not None:
                found.append(process)
    return found


def owned_by(folder: Path, below: bool = True) -> list[Seen]:
    """Processes that were started for this folder (or one below it), whoever started them; never the caller itself."""
    owner = os.fsencode(folder.resolve())
    found = []
    for pid in _all_pids():
        mark = _mark(pid)
        if pid != os.getpid() and mark is not None and (mark == owner or (below and mark.startswith(owner + b"/"))):
            process = seen(pid)
            if process is not None:
                found.append(process)
    return found


def running_in(folder: Path, program: str) -> list[Seen]:
    """Processes of a program whose current directory is exactly this folder (PostgreSQL overwrites its environment)."""
    found = []
    for pid in _all_pids():
        with contextlib.suppress(OSError):
            if (_PROC / str(pid) / "cwd").readlink() == folder and (
                _PROC / str(pid) / "exe"
            ).readlink().name == program:
                process = seen(pid)
                if process is not None:
                    found.append(process)
    return found


def send(processes: Iterable[Seen], number: signal.Signals) -> None:
    """Signal those that still run."""
    for process in processes:
        if process.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)


def wait_gone(processes: Iterable[Seen], timeout: float, reap: Callable[[], object] = lambda: None) -> list[Seen]:
    """Wait until all have ended; answers those that have not."""
    deadline = time.monotonic() + timeout
    left = [process for process in processes if process.alive]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        reap()
        left = [process for process in left if process.alive]
    return left


def end(processes: Iterable[Seen], grace: float, polite: signal.Signals = signal.SIGTERM) -> None:
    """Ask politely, wait, then kill what is left, and what these processes started and left behind."""
    targets = list(processes)
    children = [child for target in targets for child in descendants(target.pid)]
    send(targets, polite)
    left = [*wait_gone(targets, grace), *children]
    send(left, signal.SIGKILL)
    wait_gone(left, 10)


def _all_pids() -> list[int]:
    return [int(entry) for entry in os.listdir(_PROC) if entry.isdigit()]  # noqa: PTH208 - thousands of Path objects else


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name: state, parent, …"""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _mark(pid: int) -> bytes | None:
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None
    prefix = OWNER.encode() + b"="
    for entry in environment.split(b"\0"):
        if entry.startswith(prefix):
            return entry[len(prefix) :]
    return None

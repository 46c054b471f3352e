"""A process of the suite that is started, watched, and started again when it dies."""

import json
import time
from http.client import HTTPException
from pathlib import Path
from signal import SIGTERM
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from devservers import processes
from devservers.ports import HOST
from devservers.server import Command, DevServer
from launcher.places import CHECKOUT, Places
from launcher.suite import Program

# A service drains for up to 20 s when it is asked to end.
_DRAIN_SECONDS = 25.0
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0


class Startable(Protocol):
    """A server of ours, a given one, or a process of the suite."""

    @property
    def port(self) -> int:
        """Where it is reached."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    @property
    def pid(self) -> int | None:
        """Its process while it runs; None too where it is not ours."""

    def launch(self) -> None:
        """Start it without waiting."""

    def start(self, timeout: float = ...) -> object:
        """Start it and wait until it can be used."""

    def stop(self) -> None:
        """End it in an orderly way."""

    def kill(self) -> None:
        """End it at once."""


class SuiteProcess(DevServer):
    """A service's process or the gateway: ready when its /readyz says so."""

    def __init__(self, program: Program, places: Places) -> None:
        super().__init__(program.name, places.run, places.log_of(program.name))
        self.program = program
        self.port = program.port

    def launch(self) -> None:
        """Start it without waiting."""
        if not self.alive:
            self._process.start(Command(self.program.argv, self.program.environment, CHECKOUT))

    def wait_ready(self, timeout: float) -> None:
        """Wait until /readyz answers 200."""
        self._process.wait(lambda: is_ready(self.program.address), timeout)

    def stop(self) -> None:
        """Let it finish what it is doing."""
        self._process.end(SIGTERM, _DRAIN_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()


class Kept:
    """A process under watch. After a death it is started again, each time after a longer pause, until it holds."""

    def __init__(self, name: str, server: Startable, health: str | None = None) -> None:
        self.name = name
        self.server = server
        self.health = health
        self.restarts = 0
        self._pause = 1.0
        self._launched_at = 0.0
        self._next_launch: float | None = None

    def start(self, timeout: float) -> None:
        """Start it and wait until it can be used."""
        self._launched_at = time.monotonic()
        self.server.start(timeout)

    def look(self) -> str | None:
        """See after it; answers what happened, if something did."""
        now = time.monotonic()
        if self.server.alive:
            if now - self._launched_at > _STEADY_SECONDS:
                self._pause = 1.0
            return None
        if self._next_launch is None:
            self._next_launch = now + self._pause
            event = f"{self.name} ended; it is started again in {self._pause:.0f} s"
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return event
        if now < self._next_launch:
            return None
        self.restarts += 1
        self._launched_at, self._next_launch = now, None
        self.server.launch()
        return f"{self.name} started again"

    def described(self) -> dict[str, object]:
        """What `status` needs to know later, when this launcher may be gone."""
        process = processes.seen(self.server.pid) if self.server.pid else None
        return {
            "name": self.name,
            "pid": process.pid if process else None,
            "started": process.started if process else None,
            "host": getattr(self.server, "host", HOST),
            "port": self.server.port,
            "health": self.health,
            "restarts": self.restarts,
            "ours": self.server.pid is not None or not self.server.alive,
        }


def is_ready(address: str, timeout: float = 1.0) -> bool:
    """Whether /readyz answers 200."""
    return readiness(address, timeout)[0]


def readiness(address: str, timeout: float = 1.0) -> tuple[bool, str]:
    """Whether /readyz answers 200, and what it says, or why it says nothing."""
    try:
        with urlopen(f"{address}/readyz", timeout=timeout) as answer:
            return answer.status == 200, answer.read().decode()
    except HTTPError as refusal:
        return False, refusal.read().decode()
    except (URLError, OSError, ValueError, HTTPException) as error:  # the body may end before it is whole
        return False, repr(error)


def known_services(gateway: str, timeout: float = 1.0) -> set[str]:
    """The services whose operations the gateway offers at present."""
    try:
        with urlopen(f"{gateway}/readyz", timeout=timeout) as answer:
            return set(json.loads(answer.read())["services"])
    except (URLError, OSError, ValueError):
        return set()


def trimmed_log(log: Path, largest: int = 20 * 1024 * 1024) -> None:
    """Put a log that has grown large aside, so that at most two such files exist."""
    if log.exists() and log.stat().st_size > largest:
        log.replace(log.with_suffix(".log.1"))

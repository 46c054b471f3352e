"""One server process that we own: in a session of its own, logged to a file, ended with everything it started."""

import os
import pwd
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from devservers import processes
from devservers.ports import NotReady, wait_until
from devservers.processes import Seen


@dataclass(frozen=True)
class Command:
    """What to run and in which surroundings.

    environment: what is added to ours, or with None taken away from it.
    user: the account to run as when we are root.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str | None] = field(default_factory=dict)
    folder: Path | None = None
    user: str | None = None


class ServerProcess:
    """The running process of a server, and the way to end it."""

    def __init__(self, name: str, owner: Path, log: Path) -> None:
        self.name = name
        self.owner = owner
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process, while it runs."""
        return self._child.pid if self._child is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process that we started still runs."""
        return self._child is not None and self._child.poll() is None

    def start(self, command: Command) -> None:
        """Run the command with its output in the log file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        wanted = {**os.environ, **command.environment, processes.OWNER: str(self.owner.resolve())}
        environment = {name: value for name, value in wanted.items() if value is not None}
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                command.argv,
                env=environment,
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **as_user(command.user),
            )

    def wait(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until the server answers; NotReady with the end of its log if it dies before or takes too long."""

        def settled() -> bool:
            return not self.alive or ready()

        try:
            wait_until(settled, self.name, timeout)
        except NotReady as late:
            raise NotReady(f"{late}\n{self.log_tail()}") from None
        if not self.alive:
            raise NotReady(f"{self.name} ended at its start (exit code {self.exit_code})\n{self.log_tail()}")

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it runs or if it never ran."""
        return None if self._child is None else self._child.poll()

    def end(self, polite: signal.Signals, grace: float) -> None:
        """Ask the process to end, wait, then kill it and whatever is left of its children."""
        if self._child is None:
            return
        family = [*processes.descendants(self._child.pid)]
        if self.alive:
            self._child.send_signal(polite)
            try:
                self._child.wait(grace)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        processes.end(family, 0.5)
        self._child = None

    def kill(self) -> None:
        """SIGKILL for the process and everything below it, as a power cut would do it."""
        if self._child is None:
            return
        family: list[Seen] = processes.descendants(self._child.pid)
        self._child.kill()
        processes.send(family, signal.SIGKILL)
        self._child.wait()
        processes.wait_gone(family, 5)
        self._child = None

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the log."""
        return log_tail(self.log, lines)


class DevServer(ABC):
    """A server in a folder of its own; used with ``with``, it runs inside the block."""

    def __init__(self, name: str, folder: Path, log: Path | None) -> None:
        self.folder = folder.resolve()
        self._process = ServerProcess(name, self.folder, log or self.folder / "log" / f"{name.lower()}.log")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The file with everything that the server says."""
        return self._process.log

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.alive

    @property
    def pid(self) -> int | None:
        """Id of its process while it runs."""
        return self._process.pid

    def start(self, timeout: float = 90) -> Self:
        """Start and wait until it answers."""
        self.launch()
        self.wait_ready(timeout)
        return self

    @abstractmethod
    def launch(self) -> None:
        """Start without waiting; ends what an earlier, killed run of the same folder left behind."""

    @abstractmethod
    def wait_ready(self, timeout: float) -> None:
        """Wait until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it in an orderly way."""


def log_tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file; empty if there is none."""
    try:
        text = log.read_bytes()[-20_000:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments of subprocess that run a program as this account; none if no account is given or we are not root."""
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

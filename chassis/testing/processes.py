"""Real processes of a service for tests that kill them: ``serve`` and ``work`` as they run in production."""

import os
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from chassis.settings import Settings
from devservers.ports import free_port


class ServiceProcess:
    """One process of a service: ``python -m chassis <command> <package>``."""

    def __init__(self, command: str, package: str, settings: Settings, log: Path, **environment: str) -> None:
        self.health_port = free_port()
        self.log = log
        self._words = [sys.executable, "-m", "chassis", command, package]
        self._environment = {**environment_of(settings), "HEALTH_PORT": str(self.health_port), **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ServiceProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> "ServiceProcess":
        """Start it, without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._words, env={**os.environ, **self._environment}, stdout=log, stderr=log, start_new_session=True
            )
        return self

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def wait_ready(self, timeout: float = 20, path: str = "/readyz") -> "ServiceProcess":
        """Until /readyz says yes; raises TimeoutError with the end of the log."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.answers(path):
                return self
            time.sleep(0.05)
        raise TimeoutError(f"{' '.join(self._words[2:])} is not ready:\n{self.log.read_text()[-3000:]}")

    def answers(self, path: str) -> bool:
        """Whether a path of its health server answers 200."""
        try:
            with urlopen(f"http://127.0.0.1:{self.health_port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metrics(self) -> str:
        """What it shows under /metrics."""
        with urlopen(f"http://127.0.0.1:{self.health_port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def terminate(self, timeout: float = 30) -> int:
        """Send SIGTERM and wait; answers the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def kill(self) -> None:
        """kill -9; nothing if it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        return self._process is not None and self._process.poll() is None


def environment_of(settings: Settings) -> dict[str, str]:
    """Settings as the environment variables that give them; what is empty is left out, as if not set."""
    values: dict[str, Any] = {name.upper(): value for name, value in vars(settings).items() if value not in (None, ())}
    values["SECRET_KEY"] = urlsafe_b64encode(settings.secret_key).decode()
    values["ENCRYPTION_KEYS"] = settings.encryption_keys.written()
    values["SUITE_KEYS"] = settings.suite_keys.written()
    values["EVENT_RETRY_SECONDS"] = ",".join(str(seconds) for seconds in settings.event_retry_seconds)
    return {name: str(value) for name, value in values.items()}

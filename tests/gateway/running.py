"""A gateway as it runs in production: gunicorn in processes of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import requests

from chassis.testing import keys
from devservers.ports import free_port

ROOT = Path(__file__).parents[2]
QUICK_SECONDS = 15.0


class RunningGateway:
    """The gateway on a port of its own; ``url`` is where it answers."""

    def __init__(self, folder: Path, amqp_url: str, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.url}/api/v1"
        self.log = folder / "gateway.log"
        self._environment = {
            "AMQP_URL": amqp_url,
            "BLOB_STORE": f"file://{folder}/blobs",
            "SUITE_KEYS": keys.SUITE_KEYS.written(),
            "GATEWAY_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RunningGateway":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)

    def start(self) -> "RunningGateway":
        """Start it and wait until it answers."""
        words = [sys.executable, "-m", "gunicorn", "--config", "gateway/gunicorn.py", "gateway.app:create_app()"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                words, cwd=ROOT, env={**os.environ, **self._environment}, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_for("/livez", lambda answer: answer.status_code == 200)
        return self

    def end(self, how: signal.Signals) -> float:
        """Send all its processes a signal and wait; how many seconds it took."""
        assert self._process is not None
        started = time.monotonic()
        if self._process.poll() is None:
            if how is signal.SIGKILL:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
            self._process.wait(30)
        return time.monotonic() - started

    @property
    def pid(self) -> int:
        """The id of the master process."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the master process runs."""
        return self._process is not None and self._process.poll() is None

    def wait_for(self, path: str, good: Any, seconds: float = QUICK_SECONDS, **request: Any) -> requests.Response:
        """Ask a path until the answer is good."""
        end = time.monotonic() + seconds
        answer: object = None
        while time.monotonic() < end:
            try:
                answer = requests.get(self.url + path, timeout=5, **request)
                if good(answer):
                    return answer
            except requests.RequestException as error:
                answer = error
            time.sleep(0.05)
        raise AssertionError(f"{path} did not get there: {answer}\n{self.log.read_text()[-3000:]}")

    def wait_ready(self, *services: str) -> "RunningGateway":
        """Wait until the bus is connected and the services, at least one, are known."""
        self.wait_for("/readyz", lambda answer: answer.ok and set(services) <= answer.json()["services"].keys())
        return self

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        lines = [line for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]
        return [line for line in map(orjson.loads, lines) if line.get("event") == event]

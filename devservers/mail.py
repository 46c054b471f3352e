"""The mail catcher as a process that tests and the launcher start, ask and kill."""

import json
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from devservers import processes
from devservers.ports import HOST, answers, free_ports
from devservers.server import Command, DevServer

_CHECKOUT = Path(__file__).resolve().parent.parent


class MailCatcher(DevServer):
    """A mail catcher in a folder; its messages outlive a kill."""

    def __init__(
        self, folder: Path, *, smtp_port: int | None = None, http_port: int | None = None, log: Path | None = None
    ) -> None:
        super().__init__("mailcatcher", folder, log)
        free = free_ports(2)
        self.smtp_port = smtp_port or free[0]
        self.http_port = http_port or free[1]

    @property
    def port(self) -> int:
        """Where it is asked over HTTP."""
        return self.http_port

    @property
    def smtp_url(self) -> str:
        """Where mail is sent to."""
        return f"smtp://{HOST}:{self.smtp_port}"

    @property
    def http_url(self) -> str:
        """Where mail is read."""
        return f"http://{HOST}:{self.http_port}"

    def launch(self) -> None:
        """Start without waiting; ends what an earlier, killed run of the same folder left behind."""
        if self.alive:
            return
        processes.end(processes.owned_by(self.folder), grace=2)
        words = (
            "--smtp-port",
            str(self.smtp_port),
            "--http-port",
            str(self.http_port),
            "--folder",
            str(self.folder / "messages"),
        )
        self._process.start(Command((sys.executable, "-m", "devservers.mailcatcher", *words), {}, _CHECKOUT))

    def wait_ready(self, timeout: float = 20) -> None:
        """Wait until both ports answer."""
        self._process.wait(lambda: answers(self.http_port) and answers(self.smtp_port), timeout)

    def stop(self, grace: float = 5) -> None:
        """Stop the server; its messages stay."""
        self._process.end(signal.SIGTERM, grace)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def messages(self) -> list[dict[str, Any]]:
        """The list: id, sender, recipients, subject, size, received_at; the oldest first."""
        return json.loads(self._ask("GET", "/messages"))  # type: ignore[no-any-return]

    def raw(self, key: str) -> bytes:
        """One message as it was received."""
        return self._ask("GET", f"/messages/{key}")

    def readable(self, key: str) -> dict[str, Any]:
        """One message's headers, text, html and links."""
        return json.loads(self._ask("GET", f"/messages/{key}.json"))  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Throw all messages away."""
        self._ask("DELETE", "/messages")

    def behave(self, **behaviour: object) -> None:
        """Slow down or refuse (see devservers.mailcatcher.Behaviour); without arguments back to normal."""
        self._ask("PUT", "/behaviour", json.dumps(behaviour).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = Request(self.http_url + path, data=body, method=method)
        with urlopen(request, timeout=10) as answer:
            return answer.read()  # type: ignore[no-any-return]

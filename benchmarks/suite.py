"""The suite as in production, with one process of each kind, and a sales manager who is logged in."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID

from benchmarks.customer_rows import Holder
from benchmarks.servers import Processes, Servers
from chassis.settings import Settings
from devservers.ports import free_port
from services.auth.roles import role_id
from services.auth.service import AuthService
from services.customers.service import CustomersService
from services.interactions.service import InteractionsService

SERVICES = (AuthService, CustomersService, InteractionsService)
TEAMS, REPS = 3, 4
TOKEN_AGE_SECONDS = 120
READY_SECONDS = 180
ADMIN_EMAIL, MANAGER_EMAIL = "admin@example.com", "manager@example.com"


class Suite:
    """The databases of a suite, which live as long as the benchmark; its processes run within ``running``."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._password = secrets.token_urlsafe(16)

    @cached_property
    def settings(self) -> dict[str, Settings]:
        """The settings of each service, with a migrated database."""
        mail = {"smtp_url": "smtp://127.0.0.1:25", "mail_from": ADMIN_EMAIL, "public_url": "http://127.0.0.1"}  # unused
        own = {"auth": {"admin_email": ADMIN_EMAIL, "admin_password": self._password, **mail}}
        return {one.name: self._servers.settings(one, **own.get(one.name, {})) for one in SERVICES}

    @contextmanager
    def running(self) -> Iterator["RunningSuite"]:
        """The processes of the suite, ready, with people in its directory."""
        port = free_port()
        with Processes(self._servers) as processes:
            for service in SERVICES:
                for command in ("serve", "work"):
                    processes.start(command, service, self.settings[service.name])
            gateway = {"GATEWAY_PORT": str(port), "BLOB_STORE": self._servers.blob_store, "RATE_LIMIT": "off"}
            gateway["SUITE_KEYS"] = self._servers.suite_keys.written()
            words = ("gunicorn", "--config", "gateway/gunicorn.py", "gateway.app:create_app()")
            processes.run(*words, AMQP_URL=self._servers.broker.amqp_url(), **gateway)
            yield RunningSuite(port, self._password, processes)


@dataclass
class Token:
    """An access token and when it was given."""

    text: str
    since: float

    @property
    def fresh(self) -> bool:
        """Whether it will be good for a while yet."""
        return time.monotonic() - self.since < TOKEN_AGE_SECONDS


class RunningSuite:
    """The suite while it runs: ``call`` it as the manager, who reaches his teams' customers and the pool."""

    def __init__(self, port: int, admin_password: str, processes: Processes) -> None:
        self.port = port
        self.processes = processes
        self._password = admin_password
        self._tokens: dict[str, Token] = {}
        self._wait_for(lambda: self.token(ADMIN_EMAIL))
        self.holders = self._people()
        self._wait_for(lambda: self.call("GET", "/customers?limit=1"))

    def token(self, email: str = MANAGER_EMAIL) -> str:
        """A token that is good for some minutes."""
        token = self._tokens.get(email)
        if token is None or not token.fresh:
            answer = self._send("POST", "/auth/login", {"email": email, "password": self._password})
            token = self._tokens[email] = Token(answer["access_token"], time.monotonic())
        return token.text

    def call(self, method: str, path: str, body: Any = None, *, email: str = MANAGER_EMAIL) -> Any:
        """Call the API; the decoded answer. Raises HTTPError for a refusal."""
        return self._send(method, path, body, {"Authorization": f"Bearer {self.token(email)}"})

    def step_up(self, email: str = MANAGER_EMAIL) -> None:
        """Prove once more who it is: what is dangerous takes that."""
        answer = self.call("POST", "/auth/step-up", {"password": self._password}, email=email)
        self._tokens[email] = Token(answer["access_token"], time.monotonic())

    def upload(self, content: bytes) -> str:
        """Send a CSV file; the key to name it by."""
        headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "text/csv"}
        return str(self._ask("POST", "/files?name=rows.csv", content, headers)["file"])

    def _people(self) -> list[Holder]:
        """The manager and the people of his teams, made at the first time."""
        admin = {"email": ADMIN_EMAIL}
        people = self.call("GET", "/users?limit=200", **admin)["items"]
        if len(people) == 1:
            self._found_teams()
            people = self.call("GET", "/users?limit=200", **admin)["items"]
        return [Holder(UUID(one["id"]), UUID(one["teams"][0])) for one in people if one["teams"]]

    def _found_teams(self) -> None:
        admin = {"email": ADMIN_EMAIL}
        self.step_up(ADMIN_EMAIL)
        top = self.call("POST", "/teams", {"name": "Sales"}, **admin)
        self._hire("Manager", MANAGER_EMAIL, top["id"], "sales_manager")
        for number in range(TEAMS):
            team = self.call("POST", "/teams", {"name": f"Team {number}", "parent_id": top["id"]}, **admin)
            for rep in range(REPS):
                self._hire("Rep", f"rep{number}{rep}@example.com", team["id"], "sales_rep")

    def _hire(self, name: str, email: str, team_id: str, role: str) -> None:
        person = {"name": name, "email": email, "password": self._password, "teams": [team_id]}
        self.call("POST", "/users", person | {"roles": [str(role_id(role))]}, email=ADMIN_EMAIL)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        return self._ask(method, path, content, {"Content-Type": "application/json", **(headers or {})})

    def _ask(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> Any:
        request = Request(f"http://127.0.0.1:{self.port}/api/v1{path}", content, headers, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            error.add_note(error.read().decode(errors="replace"))
            raise

    @staticmethod
    def _wait_for(attempt: Any) -> None:
        """Until it succeeds: services start, and hear of each other, in their own time."""
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                attempt()
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

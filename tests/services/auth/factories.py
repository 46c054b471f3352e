"""An installation of auth with its first administrator, and the people that a test adds."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import text

from chassis.ids import new_id
from chassis.requests import Request
from chassis.testing.tested import Person, TestAnswer, TestedService
from services.auth.roles import role_id
from services.auth.service import AuthService
from services.auth.settings import AuthSettings

ADMIN_EMAIL = "admin@example.com"
ADMIN_PASSWORD = "only for the tests of auth"
PASSWORD = "a password of a person"


@dataclass(frozen=True)
class LoggedIn:
    """A person who has logged in, with both tokens."""

    person: Person
    refresh_token: str
    session_id: UUID
    email: str

    @property
    def id(self) -> UUID:
        """His user id."""
        return self.person.id

    @property
    def access(self) -> Person:
        """What to call with."""
        return self.person


class House:
    """A seeded auth service; calls see the directory as another process would a moment later."""

    def __init__(self, auth: TestedService) -> None:
        self.auth = auth
        if not auth.scalar("SELECT count(*) FROM users"):
            self.seed()
        self.admin = self.step_up(self.log_in(ADMIN_EMAIL, ADMIN_PASSWORD), ADMIN_PASSWORD)

    def seed(self) -> None:
        """What the migration does at the end."""
        with self.auth.session() as session:
            AuthService.seed(session, cast(AuthSettings, self.auth.settings))
        self.auth.directory.refresh()

    def call(self, operation: str, who: LoggedIn | None = None, **arguments: Any) -> TestAnswer:
        """Call an operation, then let the directory catch up."""
        answer = self.auth.call(operation, who.person if who else None, **arguments)
        self.auth.directory.refresh()
        return answer

    def done(self, operation: str, who: LoggedIn | None = None, **arguments: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.call(operation, who or self.admin, **arguments)
        assert answer.status < 400, answer.body
        return answer.json()

    def attempt(
        self, email: str, password: str, *, remote_addr: str | None = "192.0.2.1", device_token: str | None = None
    ) -> TestAnswer:
        """Try to log in from an address, on a device that may be known."""
        device: dict[str, Any] = {"device_token": device_token} if device_token else {}
        return self.call("log_in", request=Request(remote_addr=remote_addr), email=email, password=password, **device)

    def log_in(self, email: str, password: str = PASSWORD) -> LoggedIn:
        """Log in; it must succeed."""
        answer = self.attempt(email, password)
        return self._with_tokens(answer, email)

    def step_up(self, who: LoggedIn, password: str = PASSWORD) -> LoggedIn:
        """The same session, after it has proved once more whose it is: good for giving roles."""
        return self._with_tokens(self.call("step_up", who, password=password), who.email)

    def _with_tokens(self, answer: TestAnswer, email: str) -> LoggedIn:
        assert answer.status == 200, answer.body
        person = Person(self.auth.directory.authenticate(answer.body["access_token"]), answer.body["access_token"])
        assert person.caller.session_id is not None
        return LoggedIn(person, answer.body["refresh_token"], person.caller.session_id, email)

    def user(self, name: str, *, roles: tuple[str, ...] = (), teams: tuple[str, ...] = (), **fields: Any) -> Any:
        """A new account with built-in roles, as its view."""
        fields = {"name": name, "email": email_of(name), "password": PASSWORD} | fields
        return self.done("create_user", roles=[role_id(role) for role in roles], teams=list(teams), **fields)

    def person(self, name: str, **fields: Any) -> LoggedIn:
        """A new account, logged in."""
        return self.log_in(self.user(name, **fields)["email"])

    def person_who_may(self, name: str, permissions: dict[str, str], teams: tuple[str, ...] = ()) -> LoggedIn:
        """A new account, logged in and stepped up, with just these permissions."""
        role = self.done("create_role", name=f"Role of {name}", permissions=permissions)
        view = self.user(name, teams=teams)
        self.done("change_user", user_id=view["id"], roles=[role["id"]], if_match='"1"')
        return self.step_up(self.log_in(view["email"]))

    def team(self, name: str, parent: str | None = None) -> str:
        """A new team, by id."""
        return str(self.done("create_team", name=name, parent_id=parent)["id"])

    def upload(self, content: bytes, who: LoggedIn | None = None) -> str:
        """An uploaded file, by key."""
        key = f"uploads/{(who or self.admin).id}/{new_id()}"
        self.auth.blobs.put(key, BytesIO(content))
        return key

    def told(self, kind: str, aggregate_id: Any = None) -> list[dict[str, Any]]:
        """The recorded events of one type, of one aggregate or of all."""
        return [
            event
            for event in self.auth.events()
            if event["type"] == kind and aggregate_id in (None, event["aggregate_id"])
        ]

    def stored_text(self) -> str:
        """Everything in the tables that somebody could steal passwords or tokens from, as text."""
        tables = ("users", "login_sessions", "refresh_tokens", "failed_logins", "outbox", "jobs", "idempotency_keys")
        with self.auth.database.reading() as session:
            rows = [session.execute(text(f"SELECT * FROM {table}")).mappings().all() for table in tables]
        return str([[{key: _plain(value) for key, value in row.items()} for row in table] for table in rows])


def email_of(name: str) -> str:
    """The address of a person of the tests."""
    return f"{name.lower().replace(' ', '.')}@example.com"


def etag(view: dict[str, Any]) -> str:
    """If-Match for a record as it was read."""
    return f'"{view["version"]}"'


def _plain(value: Any) -> str:
    return (
        bytes(value).decode(errors="replace")
        if isinstance(value, bytes | memoryview)
        else orjson.dumps(value, default=str).decode()
    )

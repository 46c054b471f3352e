"""20 rotations of the signing keys under load: every service takes each good token, and none of a key that is gone."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc.jws import extract_compact
from psycopg2 import sql

from devservers.ports import wait_until
from launcher.suite import SERVICES
from tests.conftest import Tell
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.refusals import EVERYWHERE, refusals, seconds_until
from tests.e2e.suite import WholeSuite

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

ROTATIONS = 20
KEPT = 3
"""How many rotations later a key is let go: what waits for six minutes in the field."""
REFRESH_SECONDS = 0.1
LATEST = 100
"""So many tokens are in use: none of them is over before its key is."""


@dataclass
class Load:
    """Threads that refresh a session and call every service with any token that is good; they note wrong answers."""

    person: Person
    good: list[tuple[str, str]] = field(default_factory=list)
    """Key id and token of what was issued, the latest last."""
    one_of: dict[str, str] = field(default_factory=dict)
    """A token of each key."""
    lost: set[str] = field(default_factory=set)
    """Keys that are about to go, or gone."""
    wrong: list[Any] = field(default_factory=list)
    calls: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        login = {"email": self.person.email, "password": self.person.password}
        self._keep(self.person.post("/auth/login", login, anonymous=True).ok())
        self._threads = [threading.Thread(target=work) for work in (self._refresh, self._call, self._call)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _keep(self, given: dict[str, Any]) -> None:
        self._refresh_token = given["refresh_token"]
        token = given["access_token"]
        kid = str(extract_compact(token.encode()).headers()["kid"])
        self.one_of.setdefault(kid, token)
        self.good = [*self.good, (kid, token)][-LATEST:]

    def _refresh(self) -> None:
        renewing = Person(self.person.url, "nobody", "none")
        while not self._stop.wait(REFRESH_SECONDS):
            answer = renewing.post("/auth/refresh", {"refresh_token": self._refresh_token}, anonymous=True)
            if answer.status != 200:
                self.wrong.append(answer)
                return
            self._keep(answer.body)

    def _call(self) -> None:
        calling = Person(self.person.url, "nobody", "none")
        while not self._stop.is_set():
            kid, token = random.choice(self.good)
            path = random.choice(EVERYWHERE)
            answer = with_token(calling, token).get(path, **({} if path == "/me" else {"limit": 1}))
            self.calls += 1
            if answer.status != 200 and kid not in self.lost:
                self.wrong.append((path, kid, answer))


def with_token(person: Person, token: str) -> Person:
    """Let somebody show a token for as long as the test likes."""
    person.token, person._renew_at = token, float("inf")
    return person


def test_twenty_rotations_under_load_give_no_wrong_answer(suite: WholeSuite, company: Company, tell: Tell):
    admin, thief = company.admin, Person(suite.url, "nobody", "none")
    began, gone = time.monotonic(), []
    with Load(company.hire("analyst")) as load:
        for number in range(ROTATIONS):
            wait_until_known(suite, key_in_state(admin, "next"))
            signing = key_in_state(admin, "active")
            wait_until(lambda kid=signing: kid in load.one_of, "a token of the key", 30)  # type: ignore[misc]
            rotate(admin)
            if number >= KEPT:
                kid = list(load.one_of)[number - KEPT]
                gone.append(let_go(suite, load, kid, thief))
    took = time.monotonic() - began

    assert load.wrong == []
    assert len(load.lost) == ROTATIONS - KEPT
    for kid, token in load.one_of.items():
        statuses = {with_token(thief, token).get(path).status for path in EVERYWHERE}
        assert statuses == ({401} if kid in load.lost else {200}), kid
    tell(f"{ROTATIONS} rotations of signing keys in {took:.0f} s, {load.calls} calls, {len(load.wrong)} wrong answers")
    tell(f"  a key that was let go is refused by every service after {min(gone):.2f} to {max(gone):.2f} s")


def key_in_state(admin: Person, state: str) -> str:
    """The newest key in this state."""
    return next(str(one["kid"]) for one in admin.get("/auth/keys/states").ok()["keys"] if one["state"] == state)


def wait_until_known(suite: WholeSuite, kid: str) -> None:
    """Wait until every service has heard of a key, for which the field has five minutes."""
    known = "SELECT 1 FROM directory WHERE kind = 'signing_key' AND state -> 'jwk' ->> 'kid' = %s"
    wait_until(lambda: all(suite.rows(service, known, kid) for service in SERVICES), "the key is known", 30)


def rotate(admin: Person) -> None:
    """Rotate as soon as the next key has been published for long enough, and take a token of the new one."""
    wait_until(lambda: admin.post("/auth/keys/rotate").status == 200, "the next key is ripe", 30)
    admin.step_up()


def let_go(suite: WholeSuite, load: Load, kid: str, thief: Person) -> float:
    """The last token of a key has expired; after how many seconds every service refuses one that has not."""
    load.lost.add(kid)
    due = "UPDATE timers SET due_at = now() WHERE kind = 'withdraw_signing_key' AND key = %s"
    suite.change("auth", sql.SQL(due), kid)
    state = "SELECT state FROM signing_keys WHERE kid = %s"
    wait_until(lambda: suite.rows("auth", state, kid)[0][0] == "gone", "the key is gone", 30)
    asked = refusals(with_token(thief, load.one_of[kid]), dict.fromkeys(EVERYWHERE, 401))
    return max(seconds_until(time.monotonic(), **asked).values())

"""Rotations under load: nothing good is refused, and who has stolen a key gets in until it is gone and not after."""

import random
import threading
import time
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, text

from chassis.identity import tokens
from chassis.ids import new_id
from chassis.requests import Request
from chassis.testing.tested import TestAnswer
from services.auth.models import SigningKey
from services.auth.service import AuthService
from services.auth.signing_keys.pairs import opened
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House, LoggedIn

ROTATIONS = 6
"""As many as it takes to let some keys go; tests/e2e/test_signing_keys.py has twenty."""
KEPT = 3
"""How many rotations later a key is let go: what waits for six minutes in the field."""
AHEAD_SECONDS = 0.5
CATCHING_UP_SECONDS = 0.25


@dataclass
class Load:
    """Threads that refresh, log in and call with any token they ever got, and note each wrong answer."""

    house: House
    agent: LoggedIn
    good: list[tuple[str, str]] = field(default_factory=list)
    """Key id and token of everything that was issued."""
    lost: set[str] = field(default_factory=set)
    """Keys that are about to go, or gone."""
    wrong: list[TestAnswer] = field(default_factory=list)
    calls: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Start to work."""
        self._keep(self.house.auth.call("refresh", refresh_token=self.agent.refresh_token))
        works = (self._catch_up, self._refresh, self._call, self._call)
        self._threads = [threading.Thread(target=work) for work in works]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop to work."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _catch_up(self) -> None:
        while not self._stop.wait(CATCHING_UP_SECONDS):
            self.house.auth.directory.refresh()

    def _refresh(self) -> None:
        while not self._stop.is_set():
            self._keep(self.house.auth.call("refresh", refresh_token=self._refresh_token))

    def _keep(self, answer: TestAnswer) -> None:
        if answer.status != 200:
            self.wrong.append(answer)
            return
        self._refresh_token = answer.body["refresh_token"]
        token = answer.body["access_token"]
        self.good.append((kid_of(token), token))

    def _call(self) -> None:
        while not self._stop.is_set():
            kid, token = random.choice(self.good)
            answer = self.house.auth.call("get_me", request=Request(token=token))
            self.calls += 1
            if answer.status != 200 and kid not in self.lost:
                self.wrong.append(answer)


def kid_of(token: str) -> str:
    """The key that a token names."""
    from joserfc.jws import extract_compact

    return str(extract_compact(token.encode()).headers()["kid"])


class Forger:
    """Somebody who has got hold of the private part of a key."""

    def __init__(self, house: House) -> None:
        with house.auth.session() as session:
            key = session.scalars(select(SigningKey).where(SigningKey.state == "active")).one()
            self.kid, self._pair = key.kid, opened(key, house.auth.settings.secret_key)
        self._house = house

    def status(self) -> int:
        """What a call with a fresh token of his own making is answered."""
        token = tokens.issue(self._pair, user_id=self._house.admin.id, session_id=new_id())
        return self._house.auth.call("get_me", request=Request(token=token)).status


@pytest.mark.slow
def test_a_stolen_key_opens_nothing_once_it_is_gone(tested, record_property):
    settings = {"admin_email": ADMIN_EMAIL, "admin_password": ADMIN_PASSWORD}
    house = House(tested(AuthService, **settings, signing_key_ahead_seconds=AHEAD_SECONDS))
    load = Load(house, house.person("Agent"))
    load.begin()
    forgers = []
    try:
        for number in range(ROTATIONS):
            forgers.append(Forger(house))
            rotate(house)
            house.admin = house.step_up(house.admin, ADMIN_PASSWORD)
            if number >= KEPT:
                let_go(house, load, forgers[number - KEPT].kid)
            allowed = [forger.status() for forger in forgers[max(0, number + 1 - KEPT) :]]
            refused = [forger.status() for forger in forgers[: max(0, number + 1 - KEPT)]]
            assert set(allowed) == {200}
            assert set(refused) <= {401}
    finally:
        load.end()

    assert load.wrong == []
    assert len({kid for kid, _ in load.good}) == ROTATIONS + 1, "tokens of each key were in use"
    record_property("calls", load.calls)
    record_property("tokens", len(load.good))


def rotate(house: House) -> None:
    """Rotate as soon as the next key has been published for long enough."""
    while (answer := house.call("rotate_keys", house.admin)).status == 409:
        time.sleep(0.05)
    assert answer.status == 200, answer.body


def let_go(house: House, load: Load, kid: str) -> None:
    """The last token of a key has expired."""
    load.lost.add(kid)
    with house.auth.session() as session:
        due = "UPDATE timers SET due_at = now() WHERE kind = 'withdraw_signing_key' AND key = :kid"
        session.execute(text(due), {"kid": kid})
    house.auth.fire_timers()
    house.auth.directory.refresh()

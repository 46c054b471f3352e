"""Programs are let in by API keys, which the gateway asks about and the services check once more."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from chassis.identity.api_keys import hash_of
from devservers.ports import wait_until
from devservers.rabbitmq import RabbitNode
from tests.gateway.conftest import Start
from tests.gateway.small_service import Asked, SmallService
from tests.gateway.things import THING

KEY = "rp_Ab3dE6gH_" + "s" * 43
HEADERS = {"Authorization": f"Bearer {KEY}"}


class Issuer:
    """Knows keys as auth does."""

    def __init__(self) -> None:
        self.owners: dict[str, dict[str, Any]] = {}

    def issue(self, **fields: Any) -> str:
        """Let the key be good; answers whose it is."""
        owner = str(uuid4())
        known = {"id": str(uuid4()), "owner_id": owner, "expires_at": time.time() + 60, "use_is_noted": True}
        self.owners = {str(hash_of(KEY)): known | fields}
        return owner

    def look_up(self, asked: Asked) -> dict[str, Any]:
        """The answer to the gateway."""
        return self.owners.get(asked.arguments["hash"], {})


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def keys(broker: RabbitNode, issuer: Issuer) -> Iterator[SmallService]:
    """A service that knows keys."""
    functions: dict[str, Any] = {"published_keys": lambda _: {"keys": []}, "look_up_api_key": issuer.look_up}
    functions["note_api_key_use"] = functions["admit_caller"] = lambda _: None
    with SmallService(broker.amqp_url(), "keys", {"paths": {}}, functions) as service:
        yield service


def ask(gateway: Any, path: str = f"things/{THING}") -> requests.Response:
    return requests.get(f"{gateway.api}/{path}", headers=HEADERS, timeout=5)


def test_a_good_key_is_passed_on_and_counted_for_its_owner(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer
) -> None:
    issuer.issue()
    gateway = own_gateway(IDENTITY_SERVICE="keys", RATE_LIMIT="5/60").wait_ready("things")
    assert [ask(gateway).status_code for _ in range(6)] == [200] * 5 + [429]
    assert things.requests_of("get_thing")[-1].headers["nameko.token"] == KEY


def test_an_uploaded_file_belongs_to_the_owner_of_the_key(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer
) -> None:
    owner = issuer.issue()
    gateway = own_gateway(IDENTITY_SERVICE="keys").wait_ready("things")
    stored = requests.post(f"{gateway.api}/files", data=b"x", headers=HEADERS, timeout=5)
    assert stored.json()["file"].startswith(f"uploads/{owner}/")


def test_a_key_is_refused_within_a_second_after_it_was_revoked(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer
) -> None:
    issuer.issue()
    gateway = own_gateway(IDENTITY_SERVICE="keys").wait_ready("things")
    assert ask(gateway).status_code == 200
    issuer.owners.clear()
    gateway.wait_for(f"/api/v1/things/{THING}", lambda answer: answer.status_code == 401, headers=HEADERS)


@pytest.mark.parametrize("fields", [{"expires_at": 1.0}, None], ids=["over", "unknown"])
def test_another_key_is_refused_early(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer, fields: dict[str, Any] | None
) -> None:
    if fields is not None:
        issuer.issue(**fields)
    gateway = own_gateway(IDENTITY_SERVICE="keys").wait_ready("things")
    before = len(things.requests_of("get_thing"))
    assert ask(gateway).status_code == 401
    assert len(things.requests_of("get_thing")) == before


def test_the_use_of_a_key_is_told_unless_it_was_lately(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer
) -> None:
    issuer.issue(use_is_noted=False)
    gateway = own_gateway(IDENTITY_SERVICE="keys").wait_ready("things")
    assert ask(gateway).status_code == 200
    (known,) = issuer.owners.values()
    wait_until(lambda: bool(keys.requests_of("note_api_key_use")), "the use is told", 10)
    assert keys.requests_of("note_api_key_use")[0].arguments == {"id": known["id"]}


def test_a_key_is_not_asked_about_with_each_request(
    own_gateway: Start, things: SmallService, keys: SmallService, issuer: Issuer
) -> None:
    issuer.issue()
    gateway = own_gateway(IDENTITY_SERVICE="keys").wait_ready("things")
    begin = time.monotonic()
    for _ in range(30):
        assert ask(gateway).status_code == 200
    assert len(keys.requests_of("look_up_api_key")) <= 2 + 2 * (time.monotonic() - begin)


def test_while_nobody_knows_keys_they_are_left_to_the_services(own_gateway: Start, things: SmallService) -> None:
    gateway = own_gateway(IDENTITY_SERVICE="nobody").wait_ready("things")
    assert ask(gateway).status_code == 200
    assert requests.post(f"{gateway.api}/files", data=b"x", headers=HEADERS, timeout=5).status_code == 503

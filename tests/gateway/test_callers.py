"""Who is let in, and how often."""

import time
from uuid import uuid4

import pytest
import requests
from joserfc.jwk import OKPKey

from tests.gateway.conftest import LogIn, Start
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService, Told
from tests.gateway.things import THING


def test_without_a_token_only_public_operations_work(gateway: RunningGateway, things: SmallService) -> None:
    before = len(things.requests_of("get_thing"))
    refused = requests.get(f"{gateway.api}/things/{THING}", timeout=5)

    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.json()["type"] == "urn:rockpool:problem:unauthenticated"
    assert len(things.requests_of("get_thing")) == before
    assert requests.get(f"{gateway.api}/public", timeout=5).ok


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer a.b.c", "Bearer", "Basic dTpw", "Bearer " + "x" * 4000])
def test_a_token_that_is_none_is_refused_early(gateway: RunningGateway, header: str) -> None:
    answer = requests.get(f"{gateway.api}/things", headers={"Authorization": header}, timeout=5)

    assert answer.status_code == 401


def test_a_token_of_another_key_is_refused(gateway: RunningGateway, log_in: LogIn) -> None:
    forged = log_in(key=OKPKey.generate_key("Ed25519", {"kid": "tests"}))
    unknown = log_in(key=OKPKey.generate_key("Ed25519", {"kid": "never-published"}))

    assert requests.get(f"{gateway.api}/things", headers=forged, timeout=5).status_code == 401
    assert requests.get(f"{gateway.api}/things", headers=unknown, timeout=5).status_code == 401


def test_a_bad_token_does_not_harm_a_public_operation(gateway: RunningGateway, things: SmallService) -> None:
    answer = requests.get(f"{gateway.api}/public", headers={"Authorization": "Bearer old"}, timeout=5)

    assert answer.ok
    assert "nameko.token" not in things.requests_of("public_page")[-1].headers


def test_keys_are_not_asked_for_with_every_unknown_one(
    gateway: RunningGateway, identity: SmallService, log_in: LogIn
) -> None:
    before, begin = len(identity.requests_of("published_keys")), time.monotonic()
    for number in range(20):
        unknown = log_in(key=OKPKey.generate_key("Ed25519", {"kid": f"unknown-{number}"}))
        assert requests.get(f"{gateway.api}/things", headers=unknown, timeout=5).status_code == 401

    asked = len(identity.requests_of("published_keys")) - before
    assert asked <= 2 + 2 * (time.monotonic() - begin)


def test_without_keys_tokens_are_left_to_the_services(own_gateway: Start, things: SmallService, log_in: LogIn) -> None:
    gateway = own_gateway(IDENTITY_SERVICE="nobody").wait_ready("things")

    assert requests.get(f"{gateway.api}/things/{THING}", headers=log_in(), timeout=5).ok
    assert requests.post(f"{gateway.api}/files", data=b"x", headers=log_in(), timeout=5).status_code == 503


def test_what_the_gateway_does_itself_it_does_only_for_who_is_still_let_in(
    gateway: RunningGateway, identity: SmallService, log_in: LogIn
) -> None:
    identity.replace("admit_caller", lambda _: Told(401, {"type": "unauthenticated", "title": "No", "status": 401}))
    try:
        uploaded = requests.post(f"{gateway.api}/files", data=b"x", headers=log_in(), timeout=5)
        listened = requests.get(f"{gateway.api}/live", headers=log_in(), timeout=5)
    finally:
        identity.replace("admit_caller", lambda _: None)

    assert [(one.status_code, one.headers["WWW-Authenticate"]) for one in (uploaded, listened)] == [(401, "Bearer")] * 2
    assert requests.post(f"{gateway.api}/files", data=b"x", headers=log_in(), timeout=5).status_code == 201


def test_a_caller_above_his_quota_is_told_when_to_come_back(
    own_gateway: Start, things: SmallService, log_in: LogIn
) -> None:
    gateway = own_gateway(RATE_LIMIT="5/60").wait_ready("things")
    one, other = log_in(uuid4()), log_in(uuid4())
    answers = [requests.get(f"{gateway.api}/things/{THING}", headers=one, timeout=5) for _ in range(7)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert [answer.headers["RateLimit"].split(";")[:2] for answer in answers[:5]] == [
        ['"caller"', f"r={left}"] for left in (4, 3, 2, 1, 0)
    ]
    assert answers[0].headers["RateLimit-Policy"] == '"caller";q=5;w=60'
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    assert answers[-1].json()["type"] == "urn:rockpool:problem:too-many-requests"
    assert requests.get(f"{gateway.api}/things/{THING}", headers=other, timeout=5).ok


def test_the_quota_follows_the_person_not_the_token(own_gateway: Start, things: SmallService, log_in: LogIn) -> None:
    gateway = own_gateway(RATE_LIMIT="3/60").wait_ready("things")
    user = uuid4()
    statuses = [
        requests.get(f"{gateway.api}/things/{THING}", headers=log_in(user), timeout=5).status_code for _ in range(4)
    ]

    assert statuses == [200, 200, 200, 429]


def test_those_who_are_not_logged_in_are_counted_by_address(own_gateway: Start, things: SmallService) -> None:
    gateway = own_gateway(RATE_LIMIT_ANONYMOUS="3/60").wait_ready("things")
    guesses = [
        requests.get(f"{gateway.api}/things", headers={"Authorization": f"Bearer guess{n}"}, timeout=5)
        for n in range(4)
    ]

    assert [answer.status_code for answer in guesses] == [401, 401, 401, 429]
    assert requests.get(f"{gateway.api}/public", timeout=5).status_code == 429


def test_a_quota_recovers_bit_by_bit(own_gateway: Start, things: SmallService, log_in: LogIn) -> None:
    gateway = own_gateway(RATE_LIMIT="20/2").wait_ready("things")
    headers, session = log_in(), requests.Session()
    statuses = [session.get(f"{gateway.api}/things/{THING}", headers=headers, timeout=5).status_code for _ in range(60)]

    assert statuses[:20] == [200] * 20
    assert 429 in statuses
    gateway.wait_for(f"/api/v1/things/{THING}", lambda answer: answer.ok, 2, headers=headers)
    session.close()

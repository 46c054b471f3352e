"""Pages of several services."""

import time

import requests

from devservers.rabbitmq import RabbitNode
from tests.gateway.conftest import LogIn
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService
from tests.gateway.things import THING, UNKNOWN_THING


def test_a_page_comes_with_what_came_and_names_what_is_missing(
    gateway: RunningGateway, broker: RabbitNode, log_in: LogIn
) -> None:
    notes = {"notes_of": lambda asked: asked.arguments}
    with SmallService(broker.amqp_url(), "notes", {"paths": {}}, notes):
        started = time.monotonic()
        answer = requests.get(f"{gateway.api}/things/{THING}/overview", headers=log_in(), timeout=5)

    assert answer.status_code == 200
    page = answer.json()
    assert page["thing"]["name"] == "Anemone"
    assert page["notes"] == {"thing_id": THING, "limit": 10}
    assert (page["secrets"], page["slow"]) == (None, None)
    assert page["missing"] == [{"part": "secrets", "reason": "forbidden"}, {"part": "slow", "reason": "timeout"}]
    assert time.monotonic() - started < 1.5


def test_a_part_whose_service_is_down_is_missing(gateway: RunningGateway, log_in: LogIn) -> None:
    page = requests.get(f"{gateway.api}/things/{THING}/overview", headers=log_in(), timeout=5).json()

    assert page["notes"] is None
    assert {"part": "notes", "reason": "unavailable"} in page["missing"]


def test_the_error_of_a_required_part_is_the_error_of_the_page(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things/{UNKNOWN_THING}/overview", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rockpool:problem:thing-not-found")


def test_a_page_takes_nothing_but_its_path(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/things/{THING}/overview?limit=5", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limit")


def test_the_parts_carry_the_callers_token(gateway: RunningGateway, things: SmallService, log_in: LogIn) -> None:
    headers = log_in()
    requests.get(f"{gateway.api}/things/{THING}/overview", headers=headers, timeout=5)

    token = things.requests_of("secrets_of")[-1].headers["nameko.token"]
    assert headers["Authorization"] == f"Bearer {token}"

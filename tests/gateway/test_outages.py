"""When a service, the broker or the gateway itself goes away and comes back."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from devservers.rabbitmq import RabbitNode
from tests.gateway.conftest import LogIn, Start
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService, fragment, operation
from tests.gateway.things import OPENAPI, functions


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """A broker that a test may kill."""
    with RabbitNode(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


def test_a_method_that_nobody_serves_is_503_at_once(broker: RabbitNode, own_gateway: Start, log_in: LogIn) -> None:
    with SmallService(broker.amqp_url(), "away", {"paths": {"/away": {"get": operation("x", service="away")}}}, {}):
        gateway = own_gateway()
        gateway.wait_for("/api/v1/away", lambda answer: answer.status_code == 401)
    started = time.monotonic()
    answer = requests.get(f"{gateway.api}/away", headers=log_in(), timeout=5)

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:rockpool:problem:unavailable"
    assert int(answer.headers["Retry-After"]) >= 1
    assert time.monotonic() - started < 1


def test_no_answer_within_the_deadline_is_504(gateway: RunningGateway, log_in: LogIn) -> None:
    started = time.monotonic()
    answer = requests.get(f"{gateway.api}/slow", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.json()["type"]) == (504, "urn:rockpool:problem:deadline-exceeded")
    assert 0.5 <= time.monotonic() - started < 1.5


def test_an_error_of_a_service_is_a_500_problem(gateway: RunningGateway, log_in: LogIn) -> None:
    answer = requests.get(f"{gateway.api}/broken", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")


def test_an_error_that_nobody_foresaw_is_a_500_problem_that_tells_nothing(
    gateway: RunningGateway, log_in: LogIn
) -> None:
    answer = requests.get(f"{gateway.api}/strange", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json().keys() == {"type", "title", "status", "trace_id"}
    (line,) = [one for one in gateway.lines("request failed") if one["trace_id"] == answer.json()["trace_id"]]
    assert "KeyError" in line["exception"]


def test_an_error_in_a_view_is_a_500_problem_too(own_gateway: Start, log_in: LogIn) -> None:
    gateway = own_gateway()
    uploads = gateway.log.parent / "blobs" / "uploads"
    uploads.write_text("no folder")
    answer = requests.post(f"{gateway.api}/files", data=b"x", headers=log_in(), timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["type"] == "urn:rockpool:problem:internal-error"


def test_the_routes_of_a_service_outlive_a_restart_while_it_is_down(
    broker: RabbitNode, identity: SmallService, own_gateway: Start, log_in: LogIn
) -> None:
    paths = {"/later": {"get": operation("find", service="later")}}
    with SmallService(broker.amqp_url(), "later", {"paths": paths}, {}):
        gateway = own_gateway()
        gateway.wait_for("/api/v1/later", lambda answer: answer.status_code == 401)
    gateway.end(signal.SIGTERM)
    gateway.start().wait_ready()

    answer = requests.get(f"{gateway.api}/later", headers=log_in(), timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "/later" in requests.get(f"{gateway.api}/openapi.json", timeout=5).json()["paths"]


def test_a_new_description_takes_effect_without_a_restart(broker: RabbitNode, own_gateway: Start) -> None:
    gateway = own_gateway()
    paths = {"/one": {"get": operation("one", service="changing")}}
    with SmallService(broker.amqp_url(), "changing", {"paths": paths}, {}) as service:
        gateway.wait_for("/api/v1/one", lambda answer: answer.status_code == 401)
        service.describe_as({"paths": {"/two": paths["/one"]}})

        gateway.wait_for("/api/v1/two", lambda answer: answer.status_code == 401)
        gateway.wait_for("/api/v1/one", lambda answer: answer.status_code == 404)


def test_a_description_that_is_not_understood_harms_nobody(broker: RabbitNode, own_gateway: Start) -> None:
    gateway = own_gateway()
    paths = {"/good": {"get": operation("good", service="good")}}
    with (
        SmallService(broker.amqp_url(), "bad", {"paths": {"/bad": {"get": {"no": "extension"}}}}, {}),
        SmallService(broker.amqp_url(), "good", {"paths": paths}, {}),
    ):
        gateway.wait_for("/api/v1/good", lambda answer: answer.status_code == 401)
        assert requests.get(f"{gateway.api}/bad", timeout=5).status_code == 404


def test_the_gateway_survives_a_broker_that_is_killed(
    own_broker: RabbitNode, tmp_path: Path, identity: SmallService
) -> None:
    with (
        SmallService(own_broker.amqp_url(), "things", OPENAPI, functions()),
        RunningGateway(tmp_path, own_broker.amqp_url()) as gateway,
    ):
        gateway.wait_for("/api/v1/public", lambda answer: answer.ok)
        pid = gateway.pid
        own_broker.kill()
        gateway.wait_for("/readyz", lambda answer: answer.status_code == 503)
        started = time.monotonic()
        answer = requests.get(f"{gateway.api}/public", timeout=5)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert time.monotonic() - started < 0.5
        assert requests.get(f"{gateway.url}/livez", timeout=5).ok

        own_broker.start()
        gateway.wait_for("/api/v1/public", lambda answer: answer.ok, 30)
        assert gateway.alive
        assert gateway.pid == pid


def test_requests_under_way_fail_at_once_when_the_broker_dies(
    own_broker: RabbitNode, tmp_path: Path, identity: SmallService
) -> None:
    openapi = fragment(**{"/endless": {"get": operation("slow", needs="public", timeout=60)}})
    with (
        SmallService(own_broker.amqp_url(), "things", openapi, functions()),
        RunningGateway(tmp_path, own_broker.amqp_url()) as gateway,
    ):
        gateway.wait_ready()
        answers: list[requests.Response] = []
        url = f"{gateway.api}/endless"
        waiting = threading.Thread(target=lambda: answers.append(requests.get(url, timeout=30)))
        waiting.start()
        time.sleep(0.5)
        own_broker.kill()
        waiting.join(3)

        assert [answer.status_code for answer in answers] == [503]


def test_sigterm_lets_requests_under_way_finish(own_gateway: Start, things: SmallService, log_in: LogIn) -> None:
    gateway = own_gateway()
    gateway.wait_for("/api/v1/slow", lambda answer: answer.status_code == 401)
    answers: list[requests.Response] = []
    headers = log_in()
    waiting = threading.Thread(
        target=lambda: answers.append(requests.get(f"{gateway.api}/slow", headers=headers, timeout=5))
    )
    waiting.start()
    time.sleep(0.2)
    seconds = gateway.end(signal.SIGTERM)
    waiting.join(5)

    assert [answer.status_code for answer in answers] == [504]
    assert seconds < 20


def test_not_ready_before_the_first_description(own_broker: RabbitNode, tmp_path: Path) -> None:
    with RunningGateway(tmp_path, own_broker.amqp_url()) as gateway:
        answer = gateway.wait_for("/readyz", lambda answer: answer.json()["parts"]["bus"])

        assert answer.status_code == 503
        assert answer.json()["parts"] == {"bus": True, "descriptions": False}


def test_the_gateway_starts_without_a_broker(tmp_path: Path) -> None:
    with RunningGateway(tmp_path, "amqp://guest:guest@127.0.0.1:1/") as gateway:
        assert requests.get(f"{gateway.url}/readyz", timeout=5).status_code == 503
        assert requests.get(f"{gateway.url}/docs", timeout=5).ok


def test_several_workers_share_their_figures(own_gateway: Start, things: SmallService) -> None:
    gateway = own_gateway(GATEWAY_WORKERS="2").wait_ready("things")
    for _ in range(20):
        gateway.wait_for("/api/v1/public", lambda answer: answer.ok)

    figures = requests.get(f"{gateway.url}/metrics", timeout=5).text
    counted = 'rockpool_http_requests_total{method="GET",route="things.public_page",status="200"}'
    (line,) = [line for line in figures.splitlines() if line.startswith(counted)]
    assert float(line.split()[-1]) >= 20

"""The bus client against a real broker, an echo service, and a broker that is killed."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
import pika
import pytest

from chassis import bus as bus_module
from chassis.bus import BusClient
from chassis.errors import DeadlineExceeded, Unavailable
from chassis.listening import Broadcast, Stream
from chassis.pending_calls import RemoteProblem
from devservers.ports import wait_until
from devservers.rabbitmq import RabbitNode
from tests.chassis.mute_broker import MuteBroker
from tests.gateway.small_service import SILENCE, Asked, SmallService, Told


def functions() -> dict[str, Any]:
    """What the echo service does."""
    return {
        "echo": lambda asked: asked.arguments,
        "silent": lambda _: SILENCE,
        "late": _late,
        "refuse": lambda _: Told(409, {"type": "taken", "title": "Taken", "status": 409, "detail": "By another"}),
        "headers": lambda asked: Told(200, asked.headers, {"rockpool.etag": '"2"', "rockpool.replayed": "true"}),
        "nothing": lambda _: Told(204, b""),
        "large": lambda asked: {"text": "x" * asked.arguments["size"]},
    }


def _late(_: Asked) -> Any:
    time.sleep(0.3)
    return "too late"


@pytest.fixture(scope="module")
def echo(broker: RabbitNode) -> Iterator[SmallService]:
    """A service that answers what it is asked."""
    with SmallService(broker.amqp_url(), "echo", {"paths": {}}, functions()) as service:
        yield service


@pytest.fixture
def bus(broker: RabbitNode, echo: SmallService) -> Iterator[BusClient]:
    """A connected client."""
    client = BusClient(broker.amqp_url(), name="test")
    assert client.wait_connected(10)
    yield client
    client.close()


def test_a_call_answers_status_body_and_what_came_with_it(bus: BusClient) -> None:
    answer = bus.call("echo", "headers", {}, headers={"nameko.token": "t"})

    assert (answer.status, answer.etag, answer.replayed, answer.retry_after) == (200, '"2"', True, None)
    asked = orjson.loads(answer.body)
    assert asked["nameko.token"] == "t"
    assert 0 < float(asked["nameko.deadline"]) - time.time() <= 5


def test_call_json_answers_values_and_raises_what_was_refused(bus: BusClient) -> None:
    assert bus.call_json("echo", "echo", {"a": [1, "二"]}) == {"a": [1, "二"]}
    assert bus.call_json("echo", "nothing") is None
    with pytest.raises(RemoteProblem) as refused:
        bus.call_json("echo", "refuse")
    assert refused.value.as_dict() == {"type": "taken", "title": "Taken", "status": 409, "detail": "By another"}


@pytest.mark.parametrize("size", [0, 1, 65_000, 131_050, 131_072, 131_100, 300_000, 2_000_000])
def test_bodies_of_any_size_come_whole_both_ways(bus: BusClient, size: int) -> None:
    assert bus.call_json("echo", "large", {"size": size}) == {"text": "x" * size}
    assert bus.call_json("echo", "echo", {"text": "y" * size}) == {"text": "y" * size}


def test_many_threads_get_each_their_own_answer(bus: BusClient) -> None:
    wrong: list[Any] = []

    def work(worker: int) -> None:
        for number in range(100):
            sent = {"worker": worker, "number": number, "text": "z" * (number * 97 % 5000)}
            if bus.call_json("echo", "echo", sent, timeout=30) != sent:
                wrong.append(sent)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert bus.pending == 0


def test_submitted_calls_run_at_the_same_time(bus: BusClient) -> None:
    pending = [bus.submit("echo", "echo", {"number": number}) for number in range(200)]

    assert [orjson.loads(call.result().body)["number"] for call in pending] == list(range(200))


def test_a_call_that_is_done_tells_whoever_asked_to_be_told(bus: BusClient) -> None:
    told = threading.Event()
    call = bus.submit("echo", "echo", {"a": 1}, on_done=lambda done: told.set())

    assert told.wait(5)
    assert call.done


def test_a_method_that_nobody_serves_is_unavailable_at_once(bus: BusClient) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        bus.call("nobody", "anything", timeout=5)

    assert time.monotonic() - started < 1
    assert refused.value.retry_after


def test_no_answer_in_time_is_deadline_exceeded(bus: BusClient) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        bus.call("echo", "silent", timeout=0.2)

    assert 0.2 <= time.monotonic() - started < 0.6


def test_an_answer_that_comes_too_late_is_dropped(bus: BusClient) -> None:
    with pytest.raises(DeadlineExceeded):
        bus.call("echo", "late", timeout=0.1)

    assert bus.call_json("echo", "echo", {"still": "works"}) == {"still": "works"}
    assert bus.pending == 0


def test_a_thousand_calls_without_an_answer_leave_nothing_behind(bus: BusClient) -> None:
    awaited = [bus.submit("echo", "silent", timeout=0.5) for _ in range(500)]
    forgotten = [bus.submit("echo", "silent", timeout=0.5) for _ in range(500)]
    for call in awaited:
        with pytest.raises(DeadlineExceeded):
            call.result()

    wait_until(lambda: bus.pending == 0, "the table of pending calls", 5)
    assert all(call.done for call in forgotten)


def test_a_plain_nameko_answer_is_understood(bus: BusClient, broker: RabbitNode) -> None:
    assert _with_plain_service(broker, b'{"result": {"a": 1}, "error": null}', lambda: bus.call_json("plain", "x")) == {
        "a": 1
    }
    failed = b'{"result": null, "error": {"exc_type": "ValueError", "value": "no"}}'
    assert _with_plain_service(broker, failed, lambda: bus.call("plain", "x")).status == 500


def test_broadcasts_are_heard_also_after_a_reconnect(own_broker: RabbitNode) -> None:
    bus = BusClient(own_broker.amqp_url(), name="listener")
    heard: list[bytes] = []
    Broadcast(bus, "shouts", heard.append)
    assert bus.wait_connected(10)
    _publish_until(own_broker, "shouts", b"one", lambda: b"one" in heard)
    own_broker.kill()
    own_broker.start()

    _publish_until(own_broker, "shouts", b"two", lambda: b"two" in heard)
    bus.close()


def test_a_stream_is_read_again_from_a_little_before_its_end(own_broker: RabbitNode) -> None:
    first = BusClient(own_broker.amqp_url())
    heard: list[Any] = []
    _stream(first, heard, history=1000)
    assert first.wait_connected(10)
    _publish_until(own_broker, "source", b"0", lambda: bool(heard), kind="topic")
    _publish(own_broker, "source", *(str(number).encode() for number in range(1, 300)), kind="topic")
    wait_until(lambda: b"299" in heard, "the stream", 10)

    again: list[Any] = []
    second = BusClient(own_broker.amqp_url())
    _stream(second, again, history=50)
    wait_until(lambda: b"299" in again, "the stream again", 10)

    wait_until(lambda: "present" in again, "the present", 10)
    _publish(own_broker, "source", b"new", kind="topic")
    wait_until(lambda: b"new" in again, "the new message", 10)

    assert (again[0], again[-2:]) == ("rewound", ["present", b"new"])
    past = [int(one) for one in again[1:-2]]
    assert past == list(range(past[0], 300))
    assert past[0] > 100
    first.close()
    second.close()


def test_a_stream_whose_last_messages_came_in_one_burst_is_read_at_the_first_attempt(own_broker: RabbitNode) -> None:
    for burst in range(10):
        _publish_in_one_write(own_broker, "source", [f"{burst} {number}".encode() for number in range(100)])
        heard: list[Any] = []
        bus = BusClient(own_broker.amqp_url())
        _stream(bus, heard, history=50)
        wait_until(partial(heard.__contains__, "present"), "the stream", 10)
        time.sleep(0.1)

        assert bus.connected
        assert f"{burst} 99".encode() in heard
        assert heard.count("rewound") == 1
        bus.close()


def test_calls_fail_at_once_while_the_broker_is_away_and_work_again_after(own_broker: RabbitNode) -> None:
    bus = BusClient(own_broker.amqp_url())
    assert bus.wait_connected(10)
    with SmallService(own_broker.amqp_url(), "echo", {"paths": {}}, functions()):
        waiting = bus.submit("echo", "silent", timeout=60)
        own_broker.kill()
        with pytest.raises(Unavailable):
            waiting.result()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            bus.call("echo", "echo")
        assert time.monotonic() - started < 0.5
        assert bus.pending == 0

        own_broker.start()
        assert bus.wait_connected(10)
        wait_until(lambda: _answers(bus), "the echo", 10)
    bus.close()


def test_a_client_starts_without_a_broker(own_broker: RabbitNode) -> None:
    own_broker.stop()
    bus = BusClient(own_broker.amqp_url())
    with pytest.raises(Unavailable):
        bus.call("echo", "echo")

    own_broker.start()
    assert bus.wait_connected(10)
    bus.close()


def test_an_idle_connection_lives_by_its_heartbeats(broker: RabbitNode, echo: SmallService) -> None:
    bus = BusClient(broker.amqp_url(), heartbeat=1)
    assert bus.wait_connected(10)
    time.sleep(4)

    assert bus.connected
    assert bus.call_json("echo", "echo", {"a": 1}) == {"a": 1}
    bus.close()


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """A broker that a test may kill."""
    with RabbitNode(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


def _answers(bus: BusClient) -> bool:
    try:
        return bus.call_json("echo", "echo", {"a": 1}, timeout=1) == {"a": 1}
    except (Unavailable, DeadlineExceeded):
        return False


def _stream(bus: BusClient, heard: list[Any], *, history: int) -> None:
    Stream(
        bus,
        queue="test.stream",
        arguments={},
        source="source",
        history=history,
        on_rewind=lambda: heard.append("rewound"),
        on_present=lambda: heard.append("present"),
        on_message=heard.append,
    )


def _publish(broker: RabbitNode, exchange: str, *bodies: bytes, kind: str = "fanout") -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.amqp_url())) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, kind, durable=True)
        for body in bodies:
            channel.basic_publish(exchange, "", body)


def _publish_in_one_write(broker: RabbitNode, exchange: str, bodies: list[bytes]) -> None:
    """In a transaction, so that the broker adds all to the stream at the same time."""
    with pika.BlockingConnection(pika.URLParameters(broker.amqp_url())) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", durable=True)
        channel.tx_select()
        for body in bodies:
            channel.basic_publish(exchange, "", body)
        channel.tx_commit()


def _publish_until(broker: RabbitNode, exchange: str, body: bytes, heard: Any, kind: str = "fanout") -> None:
    def publish_and_look() -> bool:
        if not heard():
            _publish(broker, exchange, body, kind=kind)
        return bool(heard())

    wait_until(publish_and_look, exchange, 15)


def _with_plain_service(broker: RabbitNode, body: bytes, ask: Any) -> Any:
    """What ``ask`` gets when a service answers in nameko's own form."""
    with pika.BlockingConnection(pika.URLParameters(broker.amqp_url())) as connection:
        channel = connection.channel()
        channel.queue_declare("rpc-plain", exclusive=True)
        channel.queue_bind("rpc-plain", "nameko-rpc", "plain.*")
        got: list[Any] = []
        thread = threading.Thread(target=lambda: got.append(ask()))
        thread.start()
        for _, properties, _ in channel.consume("rpc-plain", auto_ack=True):
            answer = pika.BasicProperties(correlation_id=properties.correlation_id)
            channel.basic_publish("nameko-rpc", properties.reply_to, body, answer)
            break
        channel.cancel()
        thread.join(5)
        return got[0]


def test_a_broker_that_does_not_answer_is_tried_again(
    broker: RabbitNode, echo: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "SET_UP_SECONDS", 0.5)
    with MuteBroker(broker.amqp_url(), mute_connections=2) as mute:
        client = BusClient(mute.amqp_url, name="test")
        assert client.wait_connected(20)
        assert client.call_json("echo", "echo", {"text": "hello"}) == {"text": "hello"}
        client.close()

"""The host mends nameko: each fault is shown on nameko as it comes and then shown to be gone."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from chassis import topology
from chassis.events import Envelope
from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.processes import ServiceProcess
from chassis.testing.tested import TestedService
from devservers.rabbitmq import RabbitNode
from tests.chassis.probe.service import ProbeService
from tests.chassis.wire import Wire

PACKAGE = "tests.chassis.probe"
RETRIES = (0.3, 0.6)


@pytest.fixture
def wire(broker: RabbitNode) -> Iterator[Wire]:
    client = Wire(broker.amqp_url())
    yield client
    client.close()


@pytest.fixture
def probe(tested: Tested, broker: RabbitNode, wire: Wire) -> TestedService:
    for queue in ("rpc-probe", topology.handler_queue("probe", "keep_copy")):
        wire.channel.queue_delete(queue)
    return tested(ProbeService, amqp_url=broker.amqp_url(), event_retry_seconds=RETRIES)


@pytest.fixture
def served(probe: TestedService, tmp_path: Path) -> Iterator[ServiceProcess]:
    with ServiceProcess("serve", PACKAGE, probe.settings, tmp_path / "serve.log") as process:
        yield process.wait_ready()


@pytest.fixture
def plain(broker: RabbitNode, wire: Wire) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "tests.chassis.plain_nameko", broker.amqp_url()]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        assert eventually(lambda: wire.call("plain.greet", timeout=0.5) is not None, 20)
        yield process
        process.kill()
    for queue in ("rpc-plain", "evt-probe-PageWritten--plain.keep_copy"):
        wire.channel.queue_delete(queue)


def envelope(title: str, page_id: UUID | None = None) -> tuple[Envelope, bytes]:
    event = Envelope(
        id=new_id(),
        type="PageWritten",
        service="probe",
        schema_version=1,
        aggregate="page",
        aggregate_id=page_id or new_id(),
        version=1,
        occurred_at=datetime.now(UTC),
        trace_id=None,
        actor=None,
        payload={"title": title},
    )
    return event, event.encoded()


def eventually(check, seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.05)
    return False


def test_any_nameko_client_can_call_an_operation(served, wire):
    assert wire.call("probe.greet") == {"result": {"people": 0}, "error": None}


def test_a_refusal_reaches_a_nameko_client_as_an_exception(served, wire):
    answer = wire.call("probe.write_page", title="Tides")
    assert (answer["result"], answer["error"]["exc_type"]) == (None, "RemoteProblem")
    assert answer["error"]["value"].startswith("unauthenticated")


def test_plain_nameko_dies_of_a_message_without_reply_to(plain, wire):
    wire.send("plain.greet", b'{"args": [], "kwargs": {}}', reply_to=None)
    assert eventually(lambda: plain.poll() is not None)


def test_a_message_without_reply_to_is_quarantined_and_the_service_lives_on(served, wire):
    wire.send("probe.greet", b'{"args": [], "kwargs": {}}', reply_to=None)
    assert wire.call("probe.greet")["result"] == {"people": 0}
    assert served.alive
    assert re.search(r"rockpool_rpc_quarantined_total{.*no reply_to.*} 1.0", served.metrics())
    assert wire.messages_in("rpc-probe") == 0


def test_plain_nameko_leaves_the_sender_of_an_undecodable_body_waiting(plain, wire):
    wire.send("plain.greet", b"\xff\xfe not json")
    assert wire.answer(1.5) is None


def test_the_sender_of_an_undecodable_body_is_told(served, wire):
    wire.send("probe.greet", b"\xff\xfe not json")
    assert wire.answer()["error"]["value"].startswith("malformed")
    assert wire.call("probe.greet")["result"] == {"people": 0}
    assert re.search(r"rockpool_rpc_quarantined_total{.*malformed.*} 1.0", served.metrics())


def test_an_unknown_method_is_answered_as_nameko_clients_expect(served, wire):
    answer = wire.call("probe.no_such_thing")
    assert answer["error"]["exc_type"] == "MethodNotFound"
    assert wire.call("probe.greet")["error"] is None


def test_plain_nameko_leaves_whoever_waits_for_a_timed_out_entrypoint_waiting(plain, wire):
    assert wire.call("plain.time_out", timeout=1.5) is None


def test_a_time_out_inside_an_operation_is_answered(probe, tmp_path, wire):
    with ServiceProcess("serve", PACKAGE, probe.settings, tmp_path / "serve.log") as process:
        process.wait_ready()
        answer = wire.call("probe.time_out")
    assert answer["error"]["value"].startswith("deadline-exceeded")


def test_a_request_that_expired_is_not_executed(served, probe, wire):
    anna = probe.person("Anna", {"pages:write": "own"})
    headers = {"nameko.token": anna.token, "nameko.deadline": str(time.time() - 1)}
    assert wire.call("probe.write_page", timeout=0.7, headers=headers, title="Tides") is None
    assert probe.scalar("SELECT count(*) FROM pages") == 0
    assert 'outcome="expired"' in served.metrics()


def test_plain_nameko_loses_an_event_whose_handler_raises(plain, wire):
    queue = "evt-probe-PageWritten--plain.keep_copy"
    wire.channel.basic_publish("probe.events", "PageWritten", b'{"title": "x"}', _json())
    assert eventually(lambda: wire.messages_in(queue) == 0)
    time.sleep(0.3)
    assert wire.messages_in(queue) == 0  # neither kept, nor retried, nor told


def test_a_failing_event_backs_off_and_is_parked_with_its_reason(served, probe, wire):
    _, body = envelope("poison")
    wire.channel.basic_publish("probe.events", "PageWritten", body, _json())

    assert eventually(lambda: probe.scalar("SELECT count(*) FROM dead_letters") == 1)

    assert probe.scalar("SELECT reason FROM dead_letters") == "RuntimeError: cannot take this"
    assert probe.scalar("SELECT attempts FROM dead_letters") == len(RETRIES) + 1
    assert wire.messages_in(topology.handler_queue("probe", "keep_copy")) == 0


def test_an_undecodable_event_is_parked_too(served, probe, wire):
    wire.channel.basic_publish("probe.events", "PageWritten", b"\xff", _json())
    assert eventually(lambda: probe.scalar("SELECT count(*) FROM dead_letters") == 1)


def test_an_event_takes_effect_once_however_often_it_comes(served, probe, wire):
    anna = probe.person("Anna", {"pages:write": "own"})
    page = probe.call("write_page", anna, title="Tides").json()
    _, body = envelope("Tides", UUID(page["id"]))
    for _ in range(3):
        wire.channel.basic_publish("probe.events", "PageWritten", body, _json())

    assert eventually(lambda: probe.scalar("SELECT sum(copies) FROM pages") == 1)
    assert eventually(lambda: re.search(r"rockpool_events_handled_total{.*duplicate.*} 2.0", served.metrics()))
    assert probe.scalar("SELECT sum(copies) FROM pages") == 1


def test_sigterm_lets_work_in_flight_finish(served, wire):
    wire.send("probe.nap", orjson.dumps({"args": [], "kwargs": {"seconds": 1.5}}))
    time.sleep(0.3)
    code: list[int] = []
    thread = threading.Thread(target=lambda: code.append(served.terminate()))
    thread.start()
    assert wire.answer(5)["result"] == {"slept": 1.5}
    thread.join()
    assert code == [0]


def test_plain_nameko_waits_without_limit_for_work_in_flight(plain, wire):
    wire.send("plain.nap", orjson.dumps({"args": [], "kwargs": {"seconds": 60}}))
    time.sleep(0.5)
    plain.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        plain.wait(23)


def test_sigterm_cuts_off_after_twenty_seconds(served, wire):
    wire.send("probe.nap", orjson.dumps({"args": [], "kwargs": {"seconds": 60}}))
    time.sleep(0.5)
    began = time.monotonic()
    assert served.terminate(timeout=25) == 0
    assert time.monotonic() - began < 23


def test_without_the_service_its_requests_come_back_at_once(served, wire):
    returned: list[str] = []
    wire.channel.add_on_return_callback(lambda _, method, __, ___: returned.append(method.routing_key))
    served.kill()
    time.sleep(0.5)
    wire.send("probe.greet", b'{"args": [], "kwargs": {}}', mandatory=True)
    assert wire.answer(0.5) is None
    assert returned == ["probe.greet"]


def test_the_service_comes_back_by_itself_after_the_broker_was_killed(tested, tmp_path, tmp_path_factory):
    with RabbitNode(tmp_path_factory.mktemp("mortal")) as node:
        probe = tested(ProbeService, amqp_url=node.amqp_url())
        with ServiceProcess("serve", PACKAGE, probe.settings, tmp_path / "serve.log") as process:
            process.wait_ready()
            time.sleep(2)  # a quorum queue that the broker has only begun to make does not survive kill -9
            node.kill()
            assert eventually(lambda: not process.answers("/readyz"))
            assert process.answers("/livez")
            node.start()
            assert eventually(lambda: process.answers("/readyz"), 20)
            wire = Wire(node.amqp_url())
            assert wire.call("probe.greet")["result"] == {"people": 0}
            wire.close()
            assert process.alive


def _json():
    import pika

    return pika.BasicProperties(content_type="application/json", delivery_mode=2)

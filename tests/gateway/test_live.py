"""Live changes: who hears of what, and how a listener goes on after he was cut off."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import orjson
import pika
import pytest
import requests

from devservers.ports import wait_until
from devservers.rabbitmq import RabbitNode
from tests.gateway.conftest import LogIn, Start
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import Asked, SmallService, Told


class Listening:
    """A client that reads server-sent events in a thread of its own."""

    def __init__(self, gateway: RunningGateway, headers: dict[str, str]) -> None:
        lines = [f"{name}: {value}" for name, value in {"Host": "gateway", **headers}.items()]
        self._socket = socket.create_connection(("127.0.0.1", gateway.port), 30)
        self._socket.sendall("\r\n".join(["GET /api/v1/live HTTP/1.1", *lines, "", ""]).encode())
        self.head, self._unread = self._read_head()
        self.frames: list[dict[str, str]] = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if self.head.startswith("HTTP/1.1 200 "):
            wait_until(lambda: bool(self.frames), "the greeting", 5)

    def _read_head(self) -> tuple[str, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1 << 16)
        head, _, rest = received.partition(b"\r\n\r\n")
        return head.decode(), rest

    def _read(self) -> None:
        received = self._unread
        with suppress(OSError):
            while True:
                *frames, received = received.split(b"\n\n")
                self.frames += [_fields(frame.decode()) for frame in frames]
                more = self._socket.recv(1 << 16)
                if not more:
                    break
                received += more
        self.ended.set()

    def events(self, kind: str = "change") -> list[dict[str, Any]]:
        """The data of the events of one kind, with their ids."""
        frames = [frame for frame in self.frames if frame.get("event") == kind]
        return [{"event_id": frame.get("id"), **orjson.loads(frame["data"])} for frame in frames]

    def wait_for(self, count: int, kind: str = "change", seconds: float = 10) -> list[dict[str, Any]]:
        """Wait for so many events."""
        wait_until(lambda: len(self.events(kind)) >= count, f"{count} {kind} events", seconds)
        return self.events(kind)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.ended.wait(5)
        self._socket.close()


def _fields(frame: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(":") for line in frame.splitlines())}


@contextmanager
def listening(gateway: RunningGateway, headers: dict[str, str], last_id: str | None = None) -> Iterator[Listening]:
    """A connected listener while the block lasts."""
    with closing(Listening(gateway, headers | ({"Last-Event-ID": last_id} if last_id else {}))) as client:
        assert client.head.startswith("HTTP/1.1 200 "), client.head
        yield client


class Aquarium:
    """A service that publishes events and decides who sees which record."""

    def __init__(self, amqp_url: str) -> None:
        self.hidden: set[str] = set()
        self.refusals: list[Told] = []
        functions = {"visible_records": self._visible}
        self.service = SmallService(amqp_url, "aquarium", {"paths": {}}, functions)
        self._amqp_url = amqp_url

    def _visible(self, asked: Asked) -> Any:
        if self.refusals:
            return self.refusals.pop()
        return [one for one in asked.arguments["ids"] if one not in self.hidden]

    def publish(self, *records: str, version: int = 1, changed: list[str] | None = None) -> list[str]:
        """Publish that records have changed; the ids of the events."""
        ids = [str(uuid4()) for _ in records]
        self._publish([_event(event_id, record, version, changed) for event_id, record in zip(ids, records)])
        return ids

    def publish_of_identity(self, kind: str, record: UUID, payload: dict[str, Any]) -> None:
        """Publish what auth would."""
        self._publish([_event(str(uuid4()), str(record), 2) | {"service": "auth", "type": kind, "payload": payload}])

    def _publish(self, events: list[dict[str, Any]]) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._amqp_url)) as connection:
            channel = connection.channel()
            for event in events:
                channel.basic_publish("rockpool.events", event["type"], orjson.dumps(event))


def _event(event_id: str, record: str, version: int, changed: list[str] | None = None) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": "FishChanged",
        "service": "aquarium",
        "schema_version": 1,
        "aggregate": "fish",
        "aggregate_id": record,
        "version": version,
        "occurred_at": "2026-01-01T00:00:00Z",
        "trace_id": None,
        "actor": None,
        "payload": {"secret": "of the record"} | ({"changed": changed} if changed else {}),
    }


@pytest.fixture
def aquarium(broker: RabbitNode, gateway: RunningGateway) -> Iterator[Aquarium]:
    """The service whose changes are heard."""
    made = Aquarium(broker.amqp_url())
    with made.service:
        yield made


def test_a_change_is_heard_without_any_of_the_records_fields(
    gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn
) -> None:
    with listening(gateway, log_in()) as client:
        (event_id,) = aquarium.publish("fish-1", version=4)
        (change,) = client.wait_for(1)

    assert change == {
        "event_id": event_id,
        "type": "FishChanged",
        "service": "aquarium",
        "resource": "fish",
        "id": "fish-1",
        "version": 4,
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    assert "Content-Type: text/event-stream" in client.head
    assert "X-Content-Type-Options: nosniff" in client.head


def test_the_owner_says_what_of_a_change_is_told(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    shown = {"fish-1": {"changed": ["colour"], "values": {"colour": "red"}}, "fish-3": {}}
    aquarium.service.replace("visible_changes", lambda _: shown)
    with listening(gateway, log_in()) as client:
        aquarium.publish("fish-1", "fish-2", "fish-3", changed=["colour", "weight"])
        aquarium.publish("fish-1", changed=["weight"])
        first, third, again = client.wait_for(3)

    assert (first["changed"], first["values"]) == (["colour"], {"colour": "red"})
    assert (third["id"], third.keys() & {"changed", "values"}) == ("fish-3", set())
    assert (again["id"], again["changed"], again["values"]) == ("fish-1", [], {})
    asked = aquarium.service.requests_of("visible_changes")[0].arguments
    assert asked["changed"]["fish-1"][:2] == ["colour", "weight"]


def test_changes_come_in_order(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    with listening(gateway, log_in()) as client:
        aquarium.publish("warm-up")
        client.wait_for(1)
        sent = aquarium.publish(*(f"fish-{number}" for number in range(700)))
        heard = client.wait_for(701)

    assert [change["event_id"] for change in heard[1:]] == sent


def test_only_visible_records_are_heard_of(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    aquarium.hidden = {"secret-fish"}
    headers = log_in()
    with listening(gateway, headers) as client:
        aquarium.publish("fish-1", "secret-fish", "fish-2")
        heard = client.wait_for(2)

    assert [change["id"] for change in heard] == ["fish-1", "fish-2"]
    asked = aquarium.service.requests_of("visible_records")[-1]
    assert asked.arguments == {"resource": "fish", "ids": ["fish-1", "secret-fish", "fish-2"]}
    assert headers["Authorization"] == f"Bearer {asked.headers['nameko.token']}"


def test_a_record_is_asked_about_once_in_a_batch(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    with listening(gateway, log_in()) as client:
        aquarium.publish("fish-1", "fish-1", "fish-1")
        client.wait_for(3)

    assert all(asked.arguments["ids"] == ["fish-1"] for asked in aquarium.service.requests_of("visible_records"))


def test_a_listener_goes_on_where_he_was_cut_off(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    headers = log_in()
    with listening(gateway, headers) as client:
        aquarium.publish("fish-1")
        (first,) = client.wait_for(1)
    missed = aquarium.publish("fish-2", "fish-3")
    with listening(gateway, headers, first["event_id"]) as client:
        later = aquarium.publish("fish-4")
        heard = client.wait_for(3)

    assert [change["event_id"] for change in heard] == missed + later


def test_a_restarted_gateway_knows_where_its_listeners_were(
    own_gateway: Start, broker: RabbitNode, aquarium: Aquarium, log_in: LogIn
) -> None:
    first, *missed = aquarium.publish("fish-1", "fish-2", "fish-3")
    with listening(own_gateway().wait_ready(), log_in(), first) as client:
        heard = client.wait_for(2)

    assert [change["event_id"] for change in heard] == missed
    assert client.events("reset") == []


def test_an_unknown_last_event_is_one_reset(own_gateway: Start, aquarium: Aquarium, log_in: LogIn) -> None:
    with listening(own_gateway().wait_ready(), log_in(), str(uuid4())) as client:
        client.wait_for(1, "reset", 12)
        aquarium.publish("fish-1")
        heard = client.wait_for(1)

    assert len(client.events("reset")) == 1
    assert [change["id"] for change in heard] == ["fish-1"]


def test_a_flood_is_one_reset(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    (first,) = aquarium.publish("fish-0")
    aquarium.publish(*(f"fish-{number}" for number in range(3000)))
    time.sleep(1)
    with listening(gateway, log_in(), first) as client:
        client.wait_for(1, "reset")
        aquarium.publish("fish-x")
        heard = client.wait_for(1)

    assert [change["id"] for change in heard] == ["fish-x"]


def test_while_the_service_does_not_answer_its_changes_wait(
    gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn
) -> None:
    failure = Told(503, {"type": "unavailable", "title": "Away", "status": 503})
    aquarium.refusals = [failure, failure]
    with listening(gateway, log_in()) as client:
        aquarium.publish("fish-1")
        assert [change["id"] for change in client.wait_for(1)] == ["fish-1"]


def test_a_session_that_was_ended_ends_the_stream(gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn) -> None:
    aquarium.refusals = [Told(401, {"type": "unauthenticated", "title": "Log in", "status": 401})]
    with listening(gateway, log_in()) as client:
        aquarium.publish("fish-1")
        assert client.wait_for(1, "expired")
        assert client.ended.wait(5)
        assert client.events() == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("SessionEnded", {"ended_at": "2026-01-01T00:00:00Z"}),
        ("ApiKeyChanged", {"removed": True}),
        ("UserChanged", {"active": False}),
    ],
)
def test_a_stream_ends_with_the_access_although_nothing_else_happens(
    gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn, kind: str, payload: dict[str, Any]
) -> None:
    user, session = uuid4(), uuid4()
    with listening(gateway, log_in(user, session=session)) as client, listening(gateway, log_in()) as other:
        aquarium.publish_of_identity(kind, user if kind == "UserChanged" else session, payload)
        assert client.wait_for(1, "expired")
        assert client.ended.wait(5)
        aquarium.publish("fish-1")
        other.wait_for(1)
    assert (client.events(), other.events("expired")) == ([], [])


def test_who_was_changed_and_may_still_come_in_goes_on_listening(
    gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn
) -> None:
    user = uuid4()
    with listening(gateway, log_in(user)) as client:
        aquarium.publish_of_identity("UserChanged", user, {"active": True})
        aquarium.publish("fish-1")
        client.wait_for(1)
        assert client.events("expired") == []


def test_a_token_that_expires_ends_the_stream(
    gateway: RunningGateway, aquarium: Aquarium, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.identity.tokens.LIFETIME_SECONDS", 2)
    with listening(gateway, log_in()) as client:
        assert client.wait_for(1, "expired")
        assert client.ended.wait(5)


def test_nobody_listens_without_a_token(gateway: RunningGateway) -> None:
    assert requests.get(f"{gateway.api}/live", timeout=5).status_code == 401


def test_listeners_hold_no_threads(own_gateway: Start, things: SmallService, aquarium: Aquarium, log_in: LogIn) -> None:
    gateway = own_gateway(GATEWAY_THREADS="4")
    gateway.wait_for("/api/v1/public", lambda answer: answer.ok)
    clients = [Listening(gateway, log_in()) for _ in range(40)]
    assert requests.get(f"{gateway.api}/public", timeout=5).ok

    aquarium.publish("fish-1")
    for client in clients:
        assert [change["id"] for change in client.wait_for(1)] == ["fish-1"]
        client.close()
    wait_until(lambda: _figure(gateway, "rockpool_live_clients") == 0, "the listeners to be gone", 5)


def test_there_is_a_limit_to_listeners(own_gateway: Start, things: SmallService, log_in: LogIn) -> None:
    gateway = own_gateway(LIVE_CLIENTS="2").wait_ready("things")
    clients = [Listening(gateway, log_in()) for _ in range(2)]
    refused = requests.get(f"{gateway.api}/live", headers=log_in(), timeout=5)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    for client in clients:
        client.close()


def test_a_broker_without_its_data_makes_listeners_read_anew(
    tmp_path_factory: pytest.TempPathFactory, identity: SmallService, signing_key: Any, log_in: LogIn
) -> None:
    folder = tmp_path_factory.mktemp("wiped")
    published = {"keys": [signing_key.as_dict(private=False)]}
    keys = {"published_keys": lambda _: published, "admit_caller": lambda _: None}
    with (
        RabbitNode(folder / "rabbitmq") as own_broker,
        SmallService(own_broker.amqp_url(), "auth", {"paths": {}}, keys),
        RunningGateway(folder, own_broker.amqp_url()) as gateway,
    ):
        gateway.wait_ready()
        aquarium = Aquarium(own_broker.amqp_url())
        with aquarium.service, listening(gateway, log_in()) as client:
            aquarium.publish("fish-1")
            client.wait_for(1)
            own_broker.kill()
            own_broker.wipe()
            own_broker.start()
            gateway.wait_ready()
            wait_until(lambda: _published(aquarium), "the exchange", 10)

            client.wait_for(1, "reset", 15)
            aquarium.publish("fish-3")
            wait_until(lambda: "fish-3" in [change["id"] for change in client.events()], "the next change", 10)


def _published(aquarium: Aquarium) -> bool:
    try:
        return bool(aquarium.publish("fish-2"))
    except pika.exceptions.AMQPError:
        return False


def _figure(gateway: RunningGateway, name: str) -> float:
    lines = requests.get(f"{gateway.url}/metrics", timeout=5).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))

"""A small service on the wire format: describes itself, announces itself and answers with the functions it is given."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pika

from chassis import topology

ANNOUNCE_SECONDS = 0.3


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    arguments: dict[str, Any]
    headers: dict[str, Any]
    properties: pika.BasicProperties


@dataclass(frozen=True)
class Told:
    """An answer with a status and headers of its own."""

    status: int
    body: Any
    headers: dict[str, Any] = field(default_factory=dict)


SILENCE = Told(0, None)
"""No answer at all."""

Function = Callable[[Asked], Any]


class SmallService:
    """Serves from a thread of its own while the block lasts; its queue is gone with it."""

    def __init__(self, amqp_url: str, name: str, openapi: dict[str, Any], functions: Mapping[str, Function]) -> None:
        self.name = name
        self.asked: list[tuple[str, Asked]] = []
        self._amqp_url = amqp_url
        self._functions = dict(functions)
        self._stopping = threading.Event()
        self._serving = threading.Event()
        self.describe_as(openapi)

    def describe_as(self, openapi: dict[str, Any]) -> None:
        """Announce another description from now on."""
        fingerprint = hashlib.sha256(orjson.dumps(openapi)).hexdigest()
        self._description = {"service": self.name, "fingerprint": fingerprint, "openapi": openapi}

    def replace(self, method: str, function: Function) -> None:
        """Answer a method in another way from now on."""
        self._functions[method] = function

    def __enter__(self) -> "SmallService":
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._serving.wait(10), "the small service found no broker"
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def requests_of(self, method: str) -> list[Asked]:
        """What one method was asked."""
        return [asked for name, asked in self.asked if name == method]

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except (pika.exceptions.AMQPError, OSError):
                self._stopping.wait(0.1)

    def _serve(self) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._amqp_url)) as connection:
            channel = connection.channel()
            channel.exchange_declare(topology.RPC_EXCHANGE, "topic", durable=True)
            channel.exchange_declare(topology.ANNOUNCEMENTS_EXCHANGE, "fanout", durable=True)
            queue = topology.rpc_queue(self.name)
            channel.queue_declare(queue, auto_delete=True)
            channel.queue_bind(queue, topology.RPC_EXCHANGE, f"{self.name}.*")
            channel.basic_consume(queue, self._answer)
            self._serving.set()
            announce_at = 0.0
            while not self._stopping.is_set():
                if time.monotonic() >= announce_at:
                    channel.basic_publish(topology.ANNOUNCEMENTS_EXCHANGE, "", self._announcement())
                    announce_at = time.monotonic() + ANNOUNCE_SECONDS
                connection.process_data_events(0.02)

    def _announcement(self) -> bytes:
        return orjson.dumps({"service": self.name, "fingerprint": self._description["fingerprint"]})

    def _answer(self, channel: Any, delivery: Any, properties: pika.BasicProperties, body: bytes) -> None:
        channel.basic_ack(delivery.delivery_tag)
        method = delivery.routing_key.partition(".")[2]
        asked = Asked(orjson.loads(body)["kwargs"], properties.headers or {}, properties)
        self.asked.append((method, asked))
        told = self._told(method, asked)
        if told is SILENCE:
            return
        headers = {"rockpool.status": told.status, **told.headers}
        answer = pika.BasicProperties(correlation_id=properties.correlation_id, headers=headers)
        content = told.body if isinstance(told.body, bytes) else orjson.dumps(told.body)
        channel.basic_publish(topology.RPC_EXCHANGE, properties.reply_to, content, answer)

    def _told(self, method: str, asked: Asked) -> Told:
        if method == "describe":
            return Told(200, self._description)
        function = self._functions.get(method)
        if function is None:
            return Told(404, {"type": "unknown-method", "title": "The service has no such operation", "status": 404})
        told = function(asked)
        return told if isinstance(told, Told) else Told(200, told)


def operation(method: str, *, needs: str = "authenticated", **more: Any) -> dict[str, Any]:
    """An operation of the service ``things`` as its description has it; ``more`` goes into the extension."""
    service = more.pop("service", "things")
    described = {
        "operationId": f"{service}.{method}",
        "tags": [service],
        "summary": method.replace("_", " ").capitalize(),
        "parameters": more.pop("parameters", []),
        "responses": more.pop("responses", {"200": {"description": "Done."}}),
        "x-rockpool": {"service": service, "method": method, "needs": needs, **more},
    }
    if "requestBody" in more:
        described["requestBody"] = described["x-rockpool"].pop("requestBody")
    return described


def path_parameter(name: str, **schema: Any) -> dict[str, Any]:
    """A path parameter; a UUID unless a schema is given."""
    given = schema or {"type": "string", "format": "uuid"}
    return {"in": "path", "name": name, "required": True, "schema": given}


def query_parameter(name: str, **schema: Any) -> dict[str, Any]:
    """A query parameter; text unless a schema is given."""
    return {"in": "query", "name": name, "schema": schema or {"type": "string"}}


def fragment(**paths: dict[str, Any]) -> dict[str, Any]:
    """A description's OpenAPI fragment out of its paths."""
    return {"tags": [{"name": "things", "description": "Things."}], "paths": paths, "components": {"schemas": {}}}

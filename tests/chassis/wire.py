"""A nameko client at its barest, for tests that send what no well-behaved client would."""

import time
import uuid
from typing import Any

import orjson
import pika

from chassis.topology import RPC_EXCHANGE


class Wire:
    """Publishes raw messages and waits for raw answers."""

    def __init__(self, amqp_url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self.channel = self._connection.channel()
        self.channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True)
        self._key = str(uuid.uuid4())
        self._queue = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(self._queue, RPC_EXCHANGE, self._key)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, routing_key: str, body: bytes, *, mandatory: bool = False, **properties: Any) -> None:
        """Publish a request; ``reply_to`` is ours unless given."""
        values = {"reply_to": self._key, "correlation_id": "1", "content_type": "application/json", **properties}
        self.channel.basic_publish(RPC_EXCHANGE, routing_key, body, pika.BasicProperties(**values), mandatory=mandatory)

    def call(self, routing_key: str, timeout: float = 5, headers: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Send a proper request and answer the decoded envelope, None if nothing comes in time."""
        self.send(routing_key, orjson.dumps({"args": [], "kwargs": kwargs}), headers=headers or {})
        return self.answer(timeout)

    def answer(self, timeout: float = 5) -> Any:
        """The next answer, None if there is none in time."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            method, _, body = self.channel.basic_get(self._queue, auto_ack=True)
            if method is not None:
                return orjson.loads(body)
            self._connection.sleep(0.02)
        return None

    def messages_in(self, queue: str) -> int:
        """How many messages wait in a queue."""
        return self.channel.queue_declare(queue, passive=True).method.message_count

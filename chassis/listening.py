"""Listening to what everybody may hear: broadcasts, and streams that can be read again from the past."""

import uuid
from collections.abc import Callable
from typing import Any

from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from chassis.bus import BusClient

OnBody = Callable[[bytes], None]
PREFETCH = 500
ACKNOWLEDGE_EVERY = 100
MARKER = "rockpool.marker"


class Broadcast:
    """Hears every message of a fanout exchange while connected; ``on_message`` runs in the bus thread, be quick."""

    def __init__(self, bus: BusClient, exchange: str, on_message: OnBody) -> None:
        self._exchange, self._on_message = exchange, on_message
        self._owner = bus.name
        bus.on_connected(self._listen)

    def _listen(self, channel: Channel) -> None:
        queue = f"{self._owner}.{self._exchange}.{uuid.uuid4()}"
        channel.exchange_declare(self._exchange, "fanout", durable=True)
        channel.queue_declare(queue, exclusive=True, auto_delete=True)
        channel.queue_bind(queue, self._exchange)
        channel.basic_consume(queue, lambda _channel, _method, _properties, body: self._on_message(body), auto_ack=True)


class Stream:
    """Reads a stream that collects what a topic exchange carries: the newest messages again, then all new ones.

    After each (re)connect it calls ``on_rewind``, hands over about ``history`` messages that were there before, calls
    ``on_present`` and then hands over what is new. All functions run in the bus thread and must be quick.
    """

    def __init__(
        self,
        bus: BusClient,
        *,
        queue: str,
        arguments: dict[str, Any],
        source: str,
        history: int,
        on_rewind: Callable[[], None],
        on_present: Callable[[], None],
        on_message: OnBody,
    ) -> None:
        self._queue, self._arguments, self._source, self._history = queue, arguments, source, history
        self._on_rewind, self._on_present, self._on_message = on_rewind, on_present, on_message
        self._marker = ""
        bus.on_connected(self._mark_present)

    def _mark_present(self, channel: Channel) -> None:
        """Put a marker of our own into the stream: where it is read again, the past ends.

        It goes there by an exchange of that name. The default exchange leads to every queue, which is more than a
        listener should be allowed on the broker.
        """
        channel.exchange_declare(self._source, "topic", durable=True)
        channel.queue_declare(self._queue, durable=True, arguments={"x-queue-type": "stream", **self._arguments})
        channel.queue_bind(self._queue, self._source, "#")
        channel.exchange_declare(self._queue, "fanout", durable=True)
        channel.queue_bind(self._queue, self._queue)
        channel.basic_qos(prefetch_count=PREFETCH, callback=lambda _frame: self._find_end(channel))

    def _find_end(self, channel: Channel) -> None:
        """Ask for the last message first: only its offset tells where the newest ``history`` messages begin."""
        self._marker = str(uuid.uuid4())
        channel.basic_publish(self._queue, "", b"", BasicProperties(type=MARKER, message_id=self._marker))
        self._probe(channel)

    def _probe(self, channel: Channel) -> None:
        """Look at the last message on a channel of its own, which is closed then.

        The broker sends all messages of the last chunk. If the consumer were cancelled, pika would reject those that
        are still on their way, for which the broker closes the connection: a stream knows no rejecting.
        """
        connection = channel.connection
        found: list[int] = []

        def on_last(probe: Channel, _: Basic.Deliver, properties: BasicProperties, __: bytes) -> None:
            if not found:
                found.append(_offset(properties))
                probe.close()

        def on_closed(*_: Any) -> None:
            if found and channel.is_open:
                self._read(channel, max(found[0] - self._history, 0))
            elif channel.is_open:
                channel.close()

        def opened(probe: Channel) -> None:
            probe.add_on_close_callback(on_closed)
            probe.basic_qos(prefetch_count=1)
            probe.basic_consume(self._queue, on_last, arguments={"x-stream-offset": "last"})

        connection.channel(on_open_callback=opened)

    def _read(self, channel: Channel, first: int) -> None:
        self._on_rewind()
        channel.basic_consume(self._queue, self._take, arguments={"x-stream-offset": first})

    def _take(self, channel: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
        if method.delivery_tag % ACKNOWLEDGE_EVERY == 0:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if properties.type != MARKER:
            self._on_message(body)
        elif properties.message_id == self._marker:
            self._on_present()


def _offset(properties: BasicProperties) -> int:
    return int((properties.headers or {})["x-stream-offset"])

"""The client of the bus: calls operations of services over RabbitMQ, in nameko's wire format.

One connection on one thread per process, created after the fork. Any thread may call; it encodes its own request, so
that the thread of the connection only has to move bytes.
"""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pika
import structlog
from pika.channel import Channel
from pika.spec import Basic, BasicProperties
from prometheus_client import Counter

from chassis.amqp_frames import publish_frame, request_frames
from chassis.broker_connection import BrokerConnection
from chassis.pending_calls import OnDone, PendingCall, PendingCalls, RemoteProblem
from chassis.requests import Answer
from chassis.topology import RPC_EXCHANGE

log = structlog.get_logger()

reconnects = Counter("rockpool_bus_reconnects_total", "Connections to the broker that were lost or refused.")

DEFAULT_TIMEOUT_SECONDS = 5.0
HEARTBEAT_SECONDS = 20
RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
RELISTEN_SECONDS = 1.0
SET_UP_SECONDS = 15.0
"""A broker that has just started may accept a connection and then leave a declaration unanswered."""
SWEEP_SECONDS = 0.2
LOST = "The connection to the message broker was lost"
NO_HEADERS: Mapping[str, str] = {}

OnConnected = Callable[[Channel], None]


class Lane:
    """The way to the broker while one connection lasts: what is sent on another connection needs another lane."""

    def __init__(self, connection: BrokerConnection, channel_number: int, reply_queue: str) -> None:
        self.connection = connection
        self._reply_to = reply_queue.encode()
        self._body_limit = connection.body_limit
        self._channel_number = channel_number
        self._publish_frames: dict[str, bytes] = {}
        self._outgoing: deque[bytes] = deque()

    def post(self, routing_key: str, headers: Mapping[str, str], key: str, milliseconds: int, body: bytes) -> None:
        """Have a request sent; for any thread. ``milliseconds`` is how long it may wait in a queue."""
        publish = self._publish_frames.get(routing_key)
        if publish is None:
            publish = publish_frame(self._channel_number, RPC_EXCHANGE, routing_key)
            self._publish_frames[routing_key] = publish
        frames = request_frames(
            self._channel_number,
            publish=publish,
            headers=headers,
            correlation_id=key,
            reply_to=self._reply_to,
            expiration=str(milliseconds),
            body=body,
            body_limit=self._body_limit,
        )
        self._outgoing.append(frames)
        self.connection.wake()

    def send(self) -> None:
        """Send what was posted, all at once; in the thread of the connection."""
        posted = self._outgoing
        self.connection.send(b"".join([posted.popleft() for _ in range(len(posted))]))


class BusClient:
    """Calls operations of services; connects in the background, and again for ever when the broker went away.

    ``name`` says whose the queues are: to people who look at the broker, and to the broker, which lets a user declare
    only what is named after him.
    """

    def __init__(self, amqp_url: str, *, name: str = "client", heartbeat: int = HEARTBEAT_SECONDS) -> None:
        pika.URLParameters(amqp_url)
        self._amqp_url, self.name, self._heartbeat = amqp_url, name, heartbeat
        self._calls = PendingCalls()
        self._listeners: list[OnConnected] = []
        self._listening = 0
        self._connection: BrokerConnection | None = None
        self._lane: Lane | None = None
        self._open_lane: Lane | None = None
        self._closing = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether calls can be sent at present."""
        return self._lane is not None

    @property
    def pending(self) -> int:
        """How many calls wait for their answer."""
        return len(self._calls)

    def wait_connected(self, timeout: float) -> bool:
        """Wait until calls can be sent; False if the time is over."""
        return self._connected.wait(timeout)

    def call(
        self,
        service: str,
        method: str,
        kwargs: Mapping[str, Any] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        """Call an operation and wait: the answer, problems included; raises DeadlineExceeded or Unavailable."""
        return self.submit(service, method, kwargs, timeout=timeout, headers=headers).result()

    def call_json(
        self,
        service: str,
        method: str,
        kwargs: Mapping[str, Any] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Any:
        """Call an operation and wait: its result as Python values; raises what it refused as RemoteProblem."""
        answer = self.call(service, method, kwargs, timeout=timeout, headers=headers)
        if answer.failed:
            raise RemoteProblem(answer)
        return orjson.loads(answer.body) if answer.body else None

    def submit(
        self,
        service: str,
        method: str,
        kwargs: Mapping[str, Any] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        headers: Mapping[str, str] = NO_HEADERS,
        on_done: OnDone | None = None,
    ) -> PendingCall:
        """Begin a call; ``on_done`` is called at its end, from the thread of the connection, and must be quick."""
        body = b'{"args":[],"kwargs":' + orjson.dumps(kwargs or {}) + b"}"
        call = self._calls.begin(service, method, timeout, on_done)
        lane = self._lane
        if lane is None:
            self._calls.refuse(call.key, "The message broker is not reachable")
            return call
        headers = {**headers, "rockpool.reply": "bare", "nameko.deadline": f"{time.time() + timeout:.3f}"}
        lane.post(f"{service}.{method}", headers, call.key, max(int(timeout * 1000), 1), body)
        if self._open_lane is not lane:
            self._calls.refuse(call.key, LOST)
        return call

    def on_connected(self, listener: OnConnected) -> None:
        """Give a function a channel of its own now and after each reconnect; it runs in the connection's thread."""
        self._listeners.append(listener)
        if (connection := self._connection) is not None:
            connection.call_soon(lambda: self._listen(connection))

    def close(self, timeout: float = 2.0) -> None:
        """Close the connection and end the thread; pending calls fail."""
        self._closing.set()
        if (connection := self._connection) is not None:
            connection.call_soon(connection.hang_up)
        self._thread.join(timeout)

    def _run(self) -> None:
        failures = 0
        while not self._closing.is_set():
            self._connection = BrokerConnection(
                self._amqp_url, on_open=self._opened, on_wake=self._send, heartbeat=self._heartbeat
            )
            self._connection.call_later(SET_UP_SECONDS, self._give_up_unless_ready)
            reason = self._connection.run()
            failures = 0 if self._connected.is_set() else failures + 1
            self._disconnected()
            if not self._closing.is_set():
                reconnects.inc()
                log.warning("broker away", error=repr(reason))
                self._closing.wait(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])

    def _give_up_unless_ready(self) -> None:
        if self._open_lane is None and self._connection is not None:
            self._connection.give_up("the broker takes too long to set up")

    def _opened(self, connection: BrokerConnection) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._pause())
        connection.add_on_connection_unblocked_callback(lambda *_: self._resume())
        _open_channel(connection, self._prepare_replies, lambda _reason: connection.hang_up())
        self._listening = 0
        self._listen(connection)
        self._sweep(connection)

    def _listen(self, connection: BrokerConnection) -> None:
        """Open channels for the listeners that have none on this connection yet."""
        while connection.is_open and self._listening < len(self._listeners):
            self._open_listener(connection, self._listeners[self._listening])
            self._listening += 1

    def _open_listener(self, connection: BrokerConnection, listener: OnConnected) -> None:
        """Give a listener his channel; when he loses it, by a queue that is away, only he has to try again."""

        def lost(reason: Exception) -> None:
            if connection.is_open:
                log.warning("listener lost its channel", error=repr(reason))
                connection.call_later(RELISTEN_SECONDS, lambda: self._open_listener(connection, listener))

        if connection.is_open:
            _open_channel(connection, listener, lost)

    def _prepare_replies(self, channel: Channel) -> None:
        queue = f"rpc.reply-{self.name}-{uuid.uuid4()}"
        channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True)
        channel.queue_declare(queue, exclusive=True, auto_delete=True)
        channel.queue_bind(queue, RPC_EXCHANGE, queue)
        channel.add_on_return_callback(self._returned)
        channel.basic_consume(
            queue,
            lambda _channel, _deliver, properties, body: self._calls.answer(
                properties.correlation_id, properties.headers or {}, body
            ),
            auto_ack=True,
            callback=lambda _frame: self._ready(channel, queue),
        )

    def _ready(self, channel: Channel, queue: str) -> None:
        connection = self._connection
        assert connection is not None
        connection.deliver_in_bulk(channel.channel_number, self._calls.answer)
        self._open_lane = Lane(connection, channel.channel_number, queue)
        self._resume()
        log.info("broker connected", reply_queue=queue)

    def _pause(self) -> None:
        """The broker takes no messages for lack of memory or disk: better to say so than to let everybody wait."""
        log.warning("broker takes no messages")
        self._lane = None
        self._connected.clear()

    def _resume(self) -> None:
        self._lane = self._open_lane
        if self._lane is not None:
            self._connected.set()

    def _send(self) -> None:
        if self._open_lane is not None:
            self._open_lane.send()

    def _returned(self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes) -> None:
        service = method.routing_key.partition(".")[0]
        self._calls.refuse(properties.correlation_id, f"The service {service} is not running")

    def _disconnected(self) -> None:
        self._lane = self._open_lane = None
        self._connected.clear()
        self._calls.refuse_all(LOST)

    def _sweep(self, connection: BrokerConnection) -> None:
        self._calls.expire_overdue()
        connection.call_later(SWEEP_SECONDS, lambda: self._sweep(connection))


def _open_channel(connection: BrokerConnection, use: OnConnected, lost: Callable[[Exception], None]) -> None:
    def opened(channel: Channel) -> None:
        channel.add_on_close_callback(lambda _channel, reason: lost(reason))
        # The queue was taken away: without it the channel is of no use.
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        use(channel)

    connection.channel(on_open_callback=opened)

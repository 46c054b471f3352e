"""The connection of one service to the broker: consumes its queues, answers, and comes back after an outage.

nameko consumes with kombu and answers through a pool of confirmed connections, which costs more than half of the CPU
of a small call. Here one connection does both; an answer is neither persistent nor confirmed, because whoever waits
for it asks again with the same Idempotency-Key. Requests and answers go past py-amqp: see ``request_line``.
"""

import time
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import amqp
import eventlet
import structlog
from eventlet.event import Event
from nameko.extensions import SharedExtension

from chassis import topology
from chassis.bus import SET_UP_SECONDS
from chassis.hosting.deliveries import Delivery
from chassis.hosting.request_line import OnRequest, RequestLine
from chassis.hosting.transport import Bulk, BulkTcp, BulkTls

log = structlog.get_logger()

HEARTBEAT_SECONDS = 20
FLUSH_SECONDS = 2.0
RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)

BROKEN = (OSError, amqp.AMQPError)
"""What a lost connection looks like."""


class Connection(amqp.Connection):
    """py-amqp reads before each publish if the broker can say that it is blocked; only our own loop may read."""

    negotiate_capabilities: ClassVar[dict[str, bool]] = {
        "consumer_cancel_notify": True,
        "authentication_failure_close": True,
    }

    def Transport(self, host: str, connect_timeout: float, ssl: bool, *_: Any, **__: Any) -> Bulk:  # noqa: N802  # its name there
        """The socket, read and written in bulk."""
        return (BulkTls if ssl else BulkTcp)(host, connect_timeout=connect_timeout)


def connect(amqp_url: str) -> Connection:
    """An open connection to the broker at an amqp:// address."""
    parts = urlsplit(amqp_url)
    connection = Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=parts.scheme == "amqps",
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=5,
    )
    connection.connect()
    return connection


Declare = Callable[[amqp.Channel], str]
"""Declares a queue with what belongs to it and returns the queue's name."""

OnMessage = Callable[[amqp.Message], None]


class Bus(SharedExtension):
    """Consumes the queues that the entrypoints ask for, all on one connection."""

    def __init__(self) -> None:
        super().__init__()
        self._consumers: list[tuple[Declare, OnMessage, int]] = []
        self._connection: Connection | None = None
        self._requests: tuple[Declare, OnRequest, int] | None = None
        self._line: RequestLine | None = None
        self._consuming: list[tuple[amqp.Channel, str]] = []
        self._stopping = False
        self._finished = Event()
        self.last_heard = 0.0

    def consume(self, declare: Declare, on_message: OnMessage, prefetch: int) -> None:
        """Ask for the messages of a queue, at most ``prefetch`` unacknowledged at a time; called during set-up."""
        self._consumers.append((declare, on_message, prefetch))

    def serve(self, declare: Declare, on_request: OnRequest, prefetch: int) -> None:
        """Ask for the requests in a queue, likewise."""
        self._requests = (declare, on_request, prefetch)

    @property
    def connected(self) -> bool:
        """Whether messages are arriving at present."""
        return self._connection is not None

    def start(self) -> None:
        """Connect in the background: a service starts, and stays up, without its broker."""
        self.container.spawn_managed_thread(self._run)

    def stop_consuming(self) -> None:
        """Take no further messages; what is being worked on can still be answered."""
        self._stopping = True
        for channel, tag in self._consuming:
            try:
                channel.basic_cancel(tag, nowait=True)
            except BROKEN:
                log.debug("consumer was gone already")
        self._consuming = []

    def stop(self) -> None:
        """Send what is ready and close the connection; unacknowledged messages go back to their queues."""
        self._stopping = True
        if self._connection is not None:
            with eventlet.Timeout(FLUSH_SECONDS, False):
                self._connection.transport.flush()
        self._close()

    kill = stop

    def publish(self, message: amqp.Message, exchange: str, routing_key: str) -> bool:
        """Send without waiting for the broker; False if there is no connection, and then nobody will get it."""
        if self._line is None:
            return False
        try:
            self._line.channel.basic_publish(message, exchange, routing_key)
        except BROKEN:
            return False
        return True

    def answer(self, delivery: Delivery, headers: bytes, body: bytes) -> None:
        """Answer a request, also one that came before the connection was lost and made again."""
        if self._line is not None:
            self._line.answer(delivery, headers, body)

    @staticmethod
    def acknowledge(message: amqp.Message) -> None:
        """Done with a message; without a connection the broker delivers it again anyway."""
        try:
            message.channel.basic_ack(message.delivery_tag)
        except (*BROKEN, AttributeError):
            log.debug("message will be delivered again")

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            try:
                with eventlet.Timeout(SET_UP_SECONDS, TimeoutError("the broker takes too long to set up")):
                    self._connect()
                failures = 0
                self._drain()
            except BROKEN as error:
                if not self._stopping:
                    log.warning("broker away", error=repr(error))
            finally:
                self._close()
            if not self._stopping:
                eventlet.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
                failures += 1

    def _connect(self) -> None:
        connection = connect(self.container.config["AMQP_URI"])
        try:
            self._consuming = [self._consumer(connection, *consumer) for consumer in self._consumers]
            line = self._open_line(connection)
        except BROKEN:
            connection.collect()
            raise
        self._connection, self._line = connection, line
        log.info("broker connected", queues=len(self._consuming))

    @staticmethod
    def _consumer(
        connection: Connection, declare: Declare, on_message: OnMessage, prefetch: int
    ) -> tuple[amqp.Channel, str]:
        channel = connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, prefetch, False)
        queue = declare(channel)
        tag = channel.basic_consume(queue, callback=on_message, on_cancel=_lost)
        return channel, getattr(tag, "consumer_tag", tag)

    def _open_line(self, connection: Connection) -> RequestLine:
        """Begin to take requests, last of all: from here on only the line reads."""
        assert self._requests is not None
        declare, on_request, prefetch = self._requests
        channel = connection.channel()
        channel.basic_qos(0, prefetch, False)
        declare_exchange(channel, topology.ANNOUNCEMENTS_EXCHANGE, "fanout")
        tag = channel.basic_consume(declare(channel), consumer_tag="requests", nowait=True, on_cancel=_lost)
        self._consuming.append((channel, tag))
        return RequestLine(channel, on_request)

    def _drain(self) -> None:
        connection, line = self._connection, self._line
        assert connection is not None
        assert line is not None
        heartbeat = eventlet.spawn(self._keep_alive, connection)
        try:
            line.begin()
            while self._connection is connection:
                line.read()
                self.last_heard = time.monotonic()
        finally:
            heartbeat.kill()

    def _keep_alive(self, connection: Connection) -> None:
        while True:
            eventlet.sleep(HEARTBEAT_SECONDS / 4)
            try:
                connection.heartbeat_tick()
            except BROKEN:
                connection.collect()
                return

    def _close(self) -> None:
        connection, self._connection, self._line = self._connection, None, None
        if connection is not None:
            # Closing by the protocol would wait for an answer that only the loop could read.
            connection.collect()


def _lost(consumer_tag: str) -> None:
    raise amqp.exceptions.ConsumerCancelled(f"the broker took away the queue of {consumer_tag}")


def declare_exchange(channel: amqp.Channel, exchange: str, kind: str = "topic") -> None:
    """Declare a durable exchange; idempotent."""
    channel.exchange_declare(exchange, kind, durable=True, auto_delete=False)


def declare_queue(
    channel: amqp.Channel, queue: str, arguments: dict[str, Any] | None = None, *, auto_delete: bool = False
) -> str:
    """Declare a durable queue; idempotent. Returns its name."""
    channel.queue_declare(queue, durable=True, exclusive=False, auto_delete=auto_delete, arguments=arguments)
    return queue


def declare_rpc_queue(channel: amqp.Channel, service: str) -> str:
    """The queue of a service's requests; it goes with the last process that serves it.

    nameko's own outlives its service, and then a request waits out its deadline in it. Without a queue the broker
    returns a ``mandatory`` request, and its sender knows at once that nobody is there.
    """
    declare_exchange(channel, topology.RPC_EXCHANGE)
    queue = declare_queue(channel, topology.rpc_queue(service), auto_delete=True)
    channel.queue_bind(queue, topology.RPC_EXCHANGE, f"{service}.*")
    return queue

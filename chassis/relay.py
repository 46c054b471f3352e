"""The relay: takes recorded events from the outbox to the broker, in order, and marks what the broker has confirmed.

One relay per database works at a time (advisory lock); the others wait to take over. It sleeps until PostgreSQL
notifies it of a commit, and looks once a second anyway.
"""

import select
import threading
from typing import Any

import pika
import structlog
from pika.exceptions import AMQPError
from sqlalchemy import Connection, text

from chassis import metrics, outbox, topology
from chassis.database import Database

log = structlog.get_logger()

BATCH = 500
POLL_SECONDS = 1.0
PERSISTENT = 2
RETRY_SECONDS = 0.5
ANSWER_SECONDS = 30.0
"""A broker that has just started may accept a connection and never answer; one whose queue is lost never confirms."""
CLOSE_SECONDS = 2.0


class Relay:
    """Moves the outbox of one service."""

    def __init__(self, service: str, database: Database, amqp_url: str) -> None:
        self._service = service
        self._database = database
        self._amqp_url = amqp_url

    def run(self, stopping: threading.Event) -> None:
        """Relay until told to stop; outages of either server are waited out."""
        while not stopping.is_set():
            try:
                with self._database.engine.connect() as connection:
                    self._relay_while_leading(connection, stopping)
            except Exception as error:
                log.warning("relay interrupted", error=repr(error))
                stopping.wait(RETRY_SECONDS)

    def _relay_while_leading(self, connection: Connection, stopping: threading.Event) -> None:
        """Hold the lock and listen on one connection, which both end with it."""
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            while not connection.scalar(text("SELECT pg_try_advisory_lock(hashtext('relay'))")):
                if stopping.wait(POLL_SECONDS):
                    return
            connection.execute(text("LISTEN outbox"))
            with ConfirmedPublisher(self._amqp_url, self._service) as publisher:
                while not stopping.is_set():
                    if not self._relay_batch(publisher):
                        self._wait(connection.connection.driver_connection, publisher)
        finally:
            connection.invalidate()

    def _relay_batch(self, publisher: "ConfirmedPublisher") -> bool:
        """Publish the oldest waiting rows; True if there may be more."""
        with self._database.reading() as session:
            rows = outbox.unpublished(session, BATCH)
        if not rows:
            return False
        publisher.publish(rows)
        with self._database.transaction() as session:
            outbox.mark_published(session, [row.position for row in rows])
        metrics.events_published.labels(self._service).inc(len(rows))
        return len(rows) == BATCH

    def _wait(self, driver_connection: Any, publisher: "ConfirmedPublisher") -> None:
        """Until PostgreSQL notifies of a commit, or a second has passed."""
        driver_connection.poll()
        if not driver_connection.notifies:
            select.select([driver_connection], [], [], POLL_SECONDS)
            driver_connection.poll()
        driver_connection.notifies.clear()
        publisher.keep_alive()


class ConfirmedPublisher:
    """A channel whose batches are published back to back and then confirmed all together.

    pika's blocking channel waits for each confirm; waiting once for the batch is an order of magnitude faster.
    """

    def __init__(self, amqp_url: str, service: str) -> None:
        self._service = service
        self._parameters = pika.URLParameters(amqp_url)
        self._unconfirmed: set[int] = set()
        self._failure: Exception | None = None

    def __enter__(self) -> "ConfirmedPublisher":
        self._connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._declare),
            on_open_error_callback=lambda _, error: self._fail(error),
            on_close_callback=lambda _, error: self._fail(error),
        )
        try:
            self._wait_for_answer()
        except AMQPError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.is_open:
            self._connection.close()
            self._connection.ioloop.call_later(CLOSE_SECONDS, self._hang_up)
            self._connection.ioloop.start()
        self._connection.ioloop.close()

    def _hang_up(self) -> None:
        """pika waits without limit for the broker's leave to close."""
        self._connection._terminate_stream(AMQPError("the broker does not let us close"))  # no public way

    def publish(self, rows: list[Any]) -> None:
        """Publish outbox rows in order; returns once the broker has confirmed all, raises AMQPError otherwise."""
        for row in rows:
            properties = pika.BasicProperties(
                content_type="application/json", delivery_mode=PERSISTENT, message_id=str(row.id), type=row.type
            )
            exchange = topology.exchange_to(self._service, row.type)
            self._channel.basic_publish(exchange, row.type, row.body, properties)
        self._unconfirmed = set(range(self._next_tag, self._next_tag + len(rows)))
        self._next_tag += len(rows)
        self._wait_for_answer()

    def keep_alive(self) -> None:
        """Let the connection answer heartbeats; raises AMQPError when it is lost."""
        self._connection.ioloop.call_later(0, self._connection.ioloop.stop)
        self._loop()

    def _declare(self, channel: Any) -> None:
        self._channel, self._next_tag = channel, 1
        channel.add_on_close_callback(lambda _, error: self._fail(error))
        for every, own in (
            (topology.ALL_EVENTS_EXCHANGE, topology.event_exchange(self._service)),
            (topology.AUDIT_EXCHANGE, topology.audit_exchange(self._service)),
        ):
            channel.exchange_declare(every, "topic", durable=True)
            channel.exchange_declare(own, "topic", durable=True)
            channel.exchange_bind(every, own, "#")
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._connection.ioloop.stop())

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        if isinstance(method, pika.spec.Basic.Nack):
            return self._fail(AMQPError("the broker refused an event"))
        if method.multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > method.delivery_tag}
        else:
            self._unconfirmed.discard(method.delivery_tag)
        if not self._unconfirmed:
            self._connection.ioloop.stop()
        return None

    def _fail(self, error: Any) -> None:
        self._failure = error if isinstance(error, Exception) else AMQPError(str(error))
        self._connection.ioloop.stop()

    def _wait_for_answer(self) -> None:
        late = AMQPError(f"the broker has not answered for {ANSWER_SECONDS:.0f} s")
        timer = self._connection.ioloop.call_later(ANSWER_SECONDS, lambda: self._fail(late))
        self._loop()
        self._connection.ioloop.remove_timeout(timer)

    def _loop(self) -> None:
        """Run the connection until something stops the loop; raises what went wrong."""
        self._connection.ioloop.start()
        if self._failure:
            raise self._failure

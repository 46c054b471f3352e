"""The event entrypoint: each message takes effect once; failures back off and are parked at last, never lost.

nameko acknowledges a failed event and forgets it, or requeues it in a hot loop.
"""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import amqp
import eventlet
import orjson
import structlog
from nameko.amqp.publish import get_producer
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from chassis import audit, dead_letters, inbox, metrics, topology, tracing
from chassis.clock import now
from chassis.database import Database, is_disconnect
from chassis.hosting.bus import Bus, declare_exchange, declare_queue
from chassis.operations import Handler
from chassis.outbox import EVENT_SEALER

log = structlog.get_logger()

ATTEMPTS_HEADER = "rockpool.attempts"
AT_A_TIME = 4
"""Messages of one queue that are worked on together; order between aggregates does not matter."""


class EventHandler(Entrypoint):
    """Hands the events of one queue to one function of the service."""

    bus = Bus()

    def __init__(
        self,
        handler: Handler,
        database: Database,
        context: dict[str, Any],
        retry_seconds: tuple[float, ...],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._handler = handler
        self._database = database
        self._context = context
        self._retry_seconds = retry_seconds

    def setup(self) -> None:
        """Ask the bus for the handler's queue."""
        self._service = self.container.service_name
        self._queue = topology.handler_queue(self._service, self.method_name)
        self._lag = metrics.event_lag.labels(self._service, self.method_name)
        self.bus.consume(self._declare, self._on_message, AT_A_TIME)

    def stop(self) -> None:
        """Take no further events."""
        self.bus.stop_consuming()

    def handle(self, message: amqp.Message) -> None:
        """Work on one message until it is either done, put off or parked; called in a worker."""
        try:
            outcome = self._take_effect(bytes(message.body))
        except (Exception, eventlet.Timeout) as error:
            outcome = self._put_off_or_park(message, error)
        metrics.events_handled.labels(self._service, self.method_name, outcome).inc()
        if outcome != "failed":
            self.bus.acknowledge(message)

    def _take_effect(self, body: bytes) -> str:
        envelope = self._context[EVENT_SEALER].opened(orjson.loads(body))
        event = self._handler.event_class(envelope["type"]).from_envelope(envelope)
        trace = envelope.get("trace_id")
        with tracing.trace(f"00-{trace}-{'0' * 15}1-01" if trace else None), self._database.transaction() as session:
            session.info.update(self._context, actor=UUID(envelope["actor"]) if envelope.get("actor") else None)
            if not inbox.take(session, self.method_name, UUID(envelope["id"])):
                return "duplicate"
            audit.begin(session, self.method_name)
            self._handler.function(session, event)
        self._lag.observe((now() - datetime.fromisoformat(envelope["occurred_at"])).total_seconds())
        return "ok"

    def _put_off_or_park(self, message: amqp.Message, error: BaseException) -> str:
        failed_before = int(_headers(message).get(ATTEMPTS_HEADER, 0))
        # That the database is away says nothing about the message, so it does not count against it.
        attempts = failed_before if is_disconnect(error) else failed_before + 1
        log.warning("event failed", consumer=self.method_name, attempts=attempts, error=repr(error), exc_info=True)
        try:
            if attempts <= len(self._retry_seconds):
                self._put_off(message, attempts)
                return "retried"
            self._park(message, attempts, error)
            return "parked"
        except Exception:
            # Neither broker nor database took it: the message stays unacknowledged and comes back with the connection.
            log.exception("event could not be put off", consumer=self.method_name)
            _give_back_later(message)
            return "failed"

    def _put_off(self, message: amqp.Message, attempts: int) -> None:
        """Publish a copy to the delay queue and wait for the confirm, so that acknowledging loses nothing."""
        exchange = topology.delay_exchange(self._service, self._retry_seconds[max(attempts - 1, 0)])
        properties = message.properties
        with get_producer(self.container.config["AMQP_URI"], True, transport_options={}) as producer:
            producer.publish(
                bytes(message.body),
                exchange=exchange,
                routing_key=self._queue,
                mandatory=True,
                headers={**_headers(message), ATTEMPTS_HEADER: attempts},
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=2,
                message_id=properties.get("message_id"),
                type=properties.get("type"),
            )

    def _park(self, message: amqp.Message, attempts: int, error: BaseException) -> None:
        with self._database.transaction() as session:
            dead_letters.park(
                session,
                queue=self._queue,
                body=bytes(message.body),
                reason=f"{type(error).__name__}: {error}"[:2000],
                attempts=attempts,
                event_type=message.properties.get("type"),
                message_id=message.properties.get("message_id"),
            )

    def _on_message(self, message: amqp.Message) -> None:
        # What is in the message is looked at in the worker, where every failure is caught.
        try:
            self.container.spawn_worker(self, (partial(self.handle, message),), {}, context_data={})
        except ContainerBeingKilled:
            log.info("event left to another process", consumer=self.method_name)

    def _declare(self, channel: amqp.Channel) -> str:
        declare_exchange(channel, topology.dead_letter_exchange(self._service))
        dead = declare_queue(channel, topology.dead_letter_queue(self._service), topology.dead_letter_queue_arguments())
        channel.queue_bind(dead, topology.dead_letter_exchange(self._service), "#")
        for seconds in self._retry_seconds:
            delay = topology.delay_exchange(self._service, seconds)
            declare_exchange(channel, delay)
            channel.queue_bind(declare_queue(channel, delay, topology.delay_queue_arguments(seconds)), delay, "#")
        declare_queue(channel, self._queue, topology.handler_queue_arguments(self._service))
        for event in self._handler.events:
            exchange = topology.exchange_from(event.service, event.__name__)
            declare_exchange(channel, exchange)
            channel.queue_bind(self._queue, exchange, event.__name__)
        return self._queue


def _headers(message: amqp.Message) -> dict[str, Any]:
    return dict(message.properties.get("application_headers") or {})


def _give_back_later(message: amqp.Message) -> None:
    eventlet.sleep(1)
    try:
        message.channel.basic_reject(message.delivery_tag, True)
    except (OSError, amqp.AMQPError, AttributeError):
        log.debug("message comes back with the connection")

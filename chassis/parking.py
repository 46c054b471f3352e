"""Parks what the broker gave up on: messages whose handlers took their process down again and again."""

import threading
from typing import Any

import pika
import structlog
from pika.exceptions import AMQPError

from chassis import dead_letters, topology
from chassis.database import Database

log = structlog.get_logger()

RETRY_SECONDS = 2.0
REASON = "delivered too often: the process died while handling it"


class ParkingAttendant:
    """Moves messages from a service's dead-letter queue to its ``dead_letters`` table."""

    def __init__(self, service: str, database: Database, amqp_url: str) -> None:
        self._service = service
        self._queue = topology.dead_letter_queue(service)
        self._database = database
        self._parameters = pika.URLParameters(amqp_url)

    def run(self, stopping: threading.Event) -> None:
        """Park until told to stop; outages are waited out, and a message is acknowledged once it is a row."""
        while not stopping.is_set():
            try:
                self._consume(stopping)
            except (AMQPError, OSError) as error:
                log.info("no dead letters to be had", error=repr(error))
            except Exception:
                log.exception("parking failed")
            stopping.wait(RETRY_SECONDS)

    def _consume(self, stopping: threading.Event) -> None:
        with pika.BlockingConnection(self._parameters) as connection:
            channel = connection.channel()
            channel.queue_declare(self._queue, durable=True, arguments=topology.dead_letter_queue_arguments())
            for method, properties, body in channel.consume(self._queue, inactivity_timeout=1.0):
                if stopping.is_set():
                    return
                if method is not None:
                    self._park(properties, body)
                    channel.basic_ack(method.delivery_tag)

    def _park(self, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        death = (headers.get("x-death") or [{}])[0]
        with self._database.transaction() as session:
            dead_letters.park(
                session,
                queue=headers.get("x-first-death-queue") or death.get("queue") or self._queue,
                body=body,
                reason=REASON,
                attempts=int(death.get("count", 1)),
                event_type=properties.type,
                message_id=properties.message_id,
            )


def send_back(amqp_url: str, letter: dict[str, Any]) -> None:
    """Publish a parked message to the queue it came from and wait for the confirm; raises AMQPError."""
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=2, message_id=letter["message_id"], type=letter["type"]
    )
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", letter["queue"], letter["body"], properties, mandatory=True)

"""The floor of the bus: a bare pika server that sends each request back, acknowledges it, and knows no more.

``python -m benchmarks.floors.pika_echo AMQP_URL``
"""

import sys

import pika
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

EXCHANGE, QUEUE = "nameko-rpc", "rpc-floor"
PREFETCH = 100


def answer(channel: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
    """Send the body back as it came; acknowledged after the answer, so that a crash loses nothing."""
    back = BasicProperties(
        content_type="application/json",
        delivery_mode=1,
        correlation_id=properties.correlation_id,
        headers={"rockpool.status": 200},
    )
    channel.basic_publish(EXCHANGE, str(properties.reply_to), body, back)
    channel.basic_ack(method.delivery_tag)


def serve(channel: Channel) -> None:
    """Declare the queue and consume it."""
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(QUEUE, durable=True)
    channel.queue_bind(QUEUE, EXCHANGE, "floor.*")
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, answer)


if __name__ == "__main__":
    connection = pika.SelectConnection(
        pika.URLParameters(sys.argv[1]), lambda opened: opened.channel(on_open_callback=serve)
    )
    connection.ioloop.start()

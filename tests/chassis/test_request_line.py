"""What comes over the line is dealt with at once, also what came before anybody read it."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pika
import pytest

from chassis.hosting.deliveries import Delivery
from chassis.hosting.request_line import RequestLine
from chassis.hosting.transport import Bulk

CHANNEL = 3


class Opened:
    """What py-amqp's transport has done when a connection is there."""

    def _setup_transport(self) -> None:
        self.sock, self.broker = socket.socketpair()


class Line(Bulk, Opened):
    """One end of a connection; ``broker`` is the other."""

    broker: socket.socket

    def __init__(self) -> None:
        self._setup_transport()


@pytest.fixture
def transport() -> Iterator[Line]:
    line = Line()
    yield line
    line.sock.close()
    line.broker.close()


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def line(transport: Line, asked: list[str]) -> RequestLine:
    def on_request(_: RequestLine, delivery: Delivery) -> None:
        asked.append(delivery.routing_key)

    connection = SimpleNamespace(transport=transport, frame_max=131072, bytes_recv=0)
    channel: Any = SimpleNamespace(connection=connection, channel_id=CHANNEL)
    return RequestLine(channel, on_request)


def delivered(routing_key: str) -> bytes:
    method = pika.spec.Basic.Deliver("requests", 1, False, "nameko-rpc", routing_key)
    header = pika.frame.Header(CHANNEL, 2, pika.BasicProperties(reply_to="reply", correlation_id="c"))
    frames = (pika.frame.Method(CHANNEL, method), header, pika.frame.Body(CHANNEL, b"{}"))
    return b"".join(frame.marshal() for frame in frames)


def test_a_request_that_came_during_set_up_does_not_wait_for_the_next(
    line: RequestLine, transport: Line, asked: list[str]
) -> None:
    transport.put_back(delivered("pages.first"))

    line.begin()

    assert asked == ["pages.first"]


def test_a_request_in_pieces_is_taken_when_it_is_whole(line: RequestLine, transport: Line, asked: list[str]) -> None:
    data = delivered("pages.first") + delivered("pages.second")
    transport.put_back(data[:20])

    line.begin()
    assert asked == []

    transport.broker.sendall(data[20:])
    line.read()
    assert asked == ["pages.first", "pages.second"]

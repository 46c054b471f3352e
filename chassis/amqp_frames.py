"""AMQP 0-9-1 frames of the messages that travel by the thousand: requests and their answers.

pika can write and read them too, at three times the cost; everything rare is left to it.
"""

import struct
from collections.abc import Mapping
from functools import cache
from typing import Any

from pika.data import decode_table
from pika.frame import Method
from pika.spec import Basic

FRAME = struct.Struct(">BHI")
FRAME_OVERHEAD = FRAME.size + 1
FRAME_END = b"\xce"
METHOD, HEADER, BODY = 1, 2, 3
DELIVER = struct.pack(">HH", 60, 60)
CONTENT_HEADER = struct.Struct(">HxxQH")
"""Class id, weight (unused), size of the body and the flags of the properties that follow."""

BASIC_CLASS = 60
CONTENT_TYPE, CONTENT_ENCODING, HEADERS, DELIVERY_MODE, PRIORITY, CORRELATION_ID, REPLY_TO, EXPIRATION = (
    1 << bit for bit in range(15, 7, -1)
)
REQUEST_FLAGS = CONTENT_TYPE | HEADERS | CORRELATION_ID | REPLY_TO | EXPIRATION
JSON_TYPE = b"\x10application/json"

_long = struct.Struct(">I").pack


def publish_frame(channel: int, exchange: str, routing_key: str) -> bytes:
    """The method frame of a ``mandatory`` publish, which is the same for every message of one kind."""
    publish = Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    return Method(channel, publish).marshal()


def request_frames(
    channel: int,
    *,
    publish: bytes,
    headers: Mapping[str, str],
    correlation_id: str,
    reply_to: bytes,
    expiration: str,
    body: bytes,
    body_limit: int,
) -> bytes:
    """A request for the wire: ``publish`` is its method frame, ``body_limit`` the largest body of one frame."""
    table: list[bytes] = []
    for name, text in headers.items():
        value = text.encode()
        table += (_string_field(name), _long(len(value)), value)
    fields = b"".join(table)
    key, life = correlation_id.encode(), expiration.encode()
    properties = b"".join(
        (
            CONTENT_HEADER.pack(BASIC_CLASS, len(body), REQUEST_FLAGS),
            JSON_TYPE,
            _long(len(fields)),
            fields,
            b"%c%b%c%b%c%b" % (len(key), key, len(reply_to), reply_to, len(life), life),
        )
    )
    head = (publish, FRAME.pack(HEADER, channel, len(properties)), properties, FRAME_END)
    if len(body) <= body_limit:
        return b"".join((*head, FRAME.pack(BODY, channel, len(body)), body, FRAME_END))
    parts = [body[at : at + body_limit] for at in range(0, len(body), body_limit)]
    return b"".join(head) + b"".join(FRAME.pack(BODY, channel, len(part)) + part + FRAME_END for part in parts)


@cache
def _string_field(name: str) -> bytes:
    encoded = name.encode()
    return b"%c%bS" % (len(encoded), encoded)


def reply_properties(data: bytes, at: int, flags: int) -> tuple[str, dict[str, Any]]:
    """Correlation id and headers of an answer, whose properties begin at ``at``."""
    headers: dict[Any, Any] = {}
    if flags & CONTENT_TYPE:
        at += 1 + data[at]
    if flags & CONTENT_ENCODING:
        at += 1 + data[at]
    if flags & HEADERS:
        headers, at = decode_table(data, at)
    if flags & DELIVERY_MODE:
        at += 1
    if flags & PRIORITY:
        at += 1
    if not flags & CORRELATION_ID:
        return "", headers
    return data[at + 1 : at + 1 + data[at]].decode(), headers

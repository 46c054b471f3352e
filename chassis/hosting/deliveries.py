"""AMQP 0-9-1 frames of requests and answers; see ``chassis.amqp_frames`` for the client's side of them.

py-amqp can read and write them too, at five times the cost; everything rare is left to it.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pika.data import decode_table

from chassis.amqp_frames import (
    BASIC_CLASS,
    BODY,
    CONTENT_ENCODING,
    CONTENT_HEADER,
    CONTENT_TYPE,
    CORRELATION_ID,
    DELIVERY_MODE,
    FRAME,
    FRAME_END,
    FRAME_OVERHEAD,
    HEADER,
    HEADERS,
    METHOD,
    PRIORITY,
    REPLY_TO,
)

PUBLISH, ACK = (BASIC_CLASS << 16) + 40, (BASIC_CLASS << 16) + 80
METHOD_BODY_AT = FRAME.size + 4
TEXT = ord("S")

_long = struct.Struct(">I")
_tag = struct.Struct(">Q")
_ack = struct.Struct(">BHIIQBB")
_publish = struct.Struct(">IH")

ANSWER_FLAGS = CONTENT_TYPE | CONTENT_ENCODING | HEADERS | DELIVERY_MODE | CORRELATION_ID
ANSWER_TYPE = b"\x10application/json\x05utf-8"
NON_PERSISTENT = b"\x01"


@dataclass(slots=True)
class Delivery:
    """A request as it came over the wire."""

    tag: int
    routing_key: str
    reply_to: bytes
    correlation_id: bytes
    headers: dict[str, Any]
    body: bytes


def delivery_at(data: bytes, at: int, size: int) -> tuple[Delivery, int] | None:
    """The message whose Basic.Deliver frame begins at ``at``, and where it ends; None while a part is missing."""
    head = _frame_end(data, at, size)
    if head is None or (end := _frame_end(data, head, size)) is None:
        return None
    _, body_size, flags = CONTENT_HEADER.unpack_from(data, head + FRAME.size)
    parts, missing = [], body_size
    while missing > 0:
        start, following = end, _frame_end(data, end, size)
        if following is None:
            return None
        parts.append(data[start + FRAME.size : following - 1])
        missing -= following - start - FRAME_OVERHEAD
        end = following
    tag, routing_key = _method(data, at + METHOD_BODY_AT)
    reply_to, key, headers = _properties(data, head + FRAME.size + CONTENT_HEADER.size, flags)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return Delivery(tag, routing_key, reply_to, key, headers, body), end


def _frame_end(data: bytes, at: int, size: int) -> int | None:
    if size - at < FRAME_OVERHEAD:
        return None
    end = at + FRAME_OVERHEAD + _long.unpack_from(data, at + 3)[0]
    return end if end <= size else None


def _method(data: bytes, at: int) -> tuple[int, str]:
    at += 1 + data[at]
    tag = _tag.unpack_from(data, at)[0]
    at += 9
    at += 1 + data[at]
    return tag, data[at + 1 : at + 1 + data[at]].decode("utf-8", "backslashreplace")


def _properties(data: bytes, at: int, flags: int) -> tuple[bytes, bytes, dict[str, Any]]:
    """The address for the answer (empty if the properties cannot be read), correlation id and headers."""
    reply_to = key = b""
    headers: dict[str, Any] = {}
    if flags & CONTENT_TYPE:
        at += 1 + data[at]
    if flags & CONTENT_ENCODING:
        at += 1 + data[at]
    if flags & HEADERS:
        try:
            headers = _table(data, at)
        except Exception:
            return b"", b"", {}
        at += 4 + _long.unpack_from(data, at)[0]
    if flags & DELIVERY_MODE:
        at += 1
    if flags & PRIORITY:
        at += 1
    if flags & CORRELATION_ID:
        key = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    if flags & REPLY_TO:
        reply_to = data[at + 1 : at + 1 + data[at]]
    return reply_to, key, headers


def _table(data: bytes, at: int) -> dict[str, Any]:
    """A table of headers; ours hold nothing but texts, others are left to pika."""
    begin, end = at, at + 4 + _long.unpack_from(data, at)[0]
    at += 4
    table: dict[str, Any] = {}
    while at < end:
        name_end = at + 1 + data[at]
        if data[name_end] != TEXT:
            whole: dict[Any, Any] = decode_table(data, begin)[0]
            return whole
        value_at = name_end + 5
        value_end = value_at + _long.unpack_from(data, name_end + 1)[0]
        table[data[at + 1 : name_end].decode()] = data[value_at:value_end].decode("utf-8", "backslashreplace")
        at = value_end
    return table


def acknowledgement(channel: int, tag: int, *, multiple: bool = False) -> bytes:
    """The frame that says that a delivery, or all up to it, is done."""
    return _ack.pack(METHOD, channel, 13, ACK, tag, multiple, FRAME_END[0])


def answer_frames(
    channel: int, exchange: str, reply_to: bytes, correlation_id: bytes, headers: bytes, body: bytes, body_limit: int
) -> bytes:
    """An answer for the wire; ``headers`` is a table as ``text_table`` makes it."""
    properties = b"".join(
        (
            CONTENT_HEADER.pack(BASIC_CLASS, len(body), ANSWER_FLAGS),
            ANSWER_TYPE,
            headers,
            NON_PERSISTENT,
            b"%c%b" % (len(correlation_id), correlation_id),
        )
    )
    head = (_publish_frame(channel, exchange, reply_to), FRAME.pack(HEADER, channel, len(properties)), properties)
    parts = [body[at : at + body_limit] for at in range(0, len(body), body_limit)] if len(body) > body_limit else [body]
    frames = [FRAME.pack(BODY, channel, len(part)) + part + FRAME_END for part in parts if part]
    return b"".join((*head, FRAME_END, *frames))


@lru_cache(1000)
def _publish_frame(channel: int, exchange: str, routing_key: bytes) -> bytes:
    name = exchange.encode()
    payload = _publish.pack(PUBLISH, 0) + b"%c%b%c%b\0" % (len(name), name, len(routing_key), routing_key)
    return FRAME.pack(METHOD, channel, len(payload)) + payload + FRAME_END


@lru_cache(1000)
def header_table(**headers: str | int) -> bytes:
    """Headers as a table; the same ones come again and again."""
    fields = b"".join(_field(name.encode(), value) for name, value in headers.items())
    return _long.pack(len(fields)) + fields


def _field(name: bytes, value: str | int) -> bytes:
    if isinstance(value, int):
        return b"%c%bI%b" % (len(name), name, struct.pack(">i", value))
    text = value.encode()
    return b"%c%bS%b%b" % (len(name), name, _long.pack(len(text)), text)

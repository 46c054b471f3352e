"""A connection to the broker for one thread: pika speaks the protocol, this module moves the bytes in bulk.

pika's own adapters send each frame with a system call of its own and read 4 KiB at a time, which costs more than half
of the CPU of a small call (benchmarks/ has the figures). Here everything that is ready goes out in one ``send``, and a
message that arrived whole is handed over without a pika object for each of its frames.
"""

import contextlib
import heapq
import itertools
import select
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pika
import pika.connection
import structlog
from pika.exceptions import InvalidFrameError, StreamLostError
from pika.frame import Body, Header, Method
from pika.spec import FRAME_END, Basic, BasicProperties

log = structlog.get_logger()

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 1.0
READ_BYTES = 1 << 18

FRAME = struct.Struct(">BHI")
FRAME_OVERHEAD = FRAME.size + 1
METHOD_FRAME = 1
DELIVER = struct.pack(">HH", 60, 60)
BODY_SIZE_AT = 4
"""Where a content header says how long the body is: behind class id and weight."""
PROPERTIES_AT = 12

OnMessage = Callable[[BasicProperties, bytes], None]


class BrokerConnection(pika.connection.Connection):
    """An adapter of pika with a loop of its own, which ``run`` turns until the connection is gone."""

    def __init__(
        self,
        amqp_url: str,
        *,
        on_open: Callable[["BrokerConnection"], None],
        on_wake: Callable[[], None],
        heartbeat: int,
    ) -> None:
        self._socket: socket.socket | None = None
        self._unread = b""
        self._unsent = bytearray()
        self._timers: list[tuple[float, int, Callable[[], Any]]] = []
        self._cancelled: set[int] = set()
        self._timer_ids = itertools.count(1)
        self._calls: deque[Callable[[], Any]] = deque()
        self._on_wake = on_wake
        self._bulk: dict[int, OnMessage] = {}
        self._lost: Exception | None = None
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._awake = False
        parameters = pika.URLParameters(amqp_url)
        parameters.heartbeat = heartbeat
        super().__init__(parameters, on_open, self._on_gone, self._on_gone, internal_connection_workflow=False)

    @classmethod
    def create_connection(cls, *args: Any, **kwargs: Any) -> Any:
        """Not offered: one address, and whoever owns the connection decides when to try again."""
        raise NotImplementedError

    def wake(self) -> None:
        """Let the loop call ``on_wake`` soon; the one method for other threads, and cheap while the loop is awake."""
        if not self._awake:
            self._awake = True
            with contextlib.suppress(OSError):
                self._wake_sender.send(b"\0")

    def deliver_in_bulk(self, channel_number: int, on_message: OnMessage) -> None:
        """Hand messages of a channel with one consumer straight to a function, past pika's channel.

        Messages of several frames still come to the callback that was given to ``basic_consume``.
        """
        self._bulk[channel_number] = on_message

    def encode(self, channel_number: int, publish: bytes, properties: BasicProperties, body: bytes) -> bytes:
        """The frames of one message, ``publish`` being its method frame; any thread may encode."""
        frames = [publish, Header(channel_number, len(body), properties).marshal()]
        limit = self._body_max_length
        if len(body) <= limit:
            frames.append(Body(channel_number, body).marshal())
        else:
            frames += [Body(channel_number, body[at : at + limit]).marshal() for at in range(0, len(body), limit)]
        return b"".join(frames)

    def send(self, frames: bytes) -> None:
        """Send encoded frames; only within the loop's thread."""
        self._unsent += frames
        self.bytes_sent += len(frames)
        self._flush()

    def run(self) -> Exception:
        """Connect and serve the connection until it is gone, for whatever reason, which is returned."""
        try:
            self._adapter_connect_stream()
            while self._lost is None:
                self._turn()
        except OSError as error:
            self._on_stream_terminated(StreamLostError(repr(error)))
        except Exception as error:
            log.exception("connection given up")
            self._on_stream_terminated(error)
        finally:
            self._release()
        assert self._lost is not None
        return self._lost

    def _turn(self) -> None:
        stream = self._socket
        assert stream is not None
        poll = self._poll
        if self._unsent:
            poll.modify(stream, select.POLLIN | select.POLLOUT)
        for descriptor, events in poll.poll(self._milliseconds_to_wait()):
            if descriptor == self._wake_descriptor:
                self._woken()
            elif events & ~select.POLLOUT:
                self._receive()
        self._call_due()
        if self._unsent and self._lost is None:
            self._flush()
            if not self._unsent:
                poll.modify(stream, select.POLLIN)

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_receiver.recv(4096)
        # Cleared before the work is looked at: whoever adds work from now on wakes the loop again.
        self._awake = False
        while self._calls:
            self._calls.popleft()()
        self._on_wake()

    def _receive(self) -> None:
        assert self._socket is not None
        while self._lost is None:
            try:
                data = self._socket.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            if not data:
                raise ConnectionResetError("the broker closed the connection")
            self._take(data)
            if len(data) < READ_BYTES and not isinstance(self._socket, ssl.SSLSocket):
                return

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._unsent)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return
        del self._unsent[:sent]

    def _take(self, data: bytes) -> None:
        """Split what arrived into frames: whole messages for bulk channels, all else for pika."""
        if self._unread:
            data = self._unread + data
        at = 0
        while (end := _frame_end(data, at)) and self._lost is None:
            kind, channel, _ = FRAME.unpack_from(data, at)
            if kind == METHOD_FRAME and channel in self._bulk and data.startswith(DELIVER, at + FRAME.size):
                message_end = self._take_message(data, end, self._bulk[channel])
                if message_end is None:
                    break
                if message_end:
                    # The heartbeat check looks at this number only for whether it grows.
                    self.bytes_received += message_end - at
                    at = message_end
                    continue
            self._on_data_available(data[at:end])
            at = end
        self._unread = data[at:]

    @staticmethod
    def _take_message(data: bytes, at: int, on_message: OnMessage) -> int | None:
        """Read content header and body at ``at``: where they end, 0 if pika should read them, None if more is to come."""
        header_end = _frame_end(data, at)
        if not header_end:
            return None
        header_at = at + FRAME.size
        body_size = int.from_bytes(data[header_at + BODY_SIZE_AT : header_at + PROPERTIES_AT], "big")
        body_end = header_end
        if body_size:
            body_end = _frame_end(data, header_end)
            if not body_end:
                # A body of many frames must not wait here until all of it has come: pika puts it together.
                return 0 if len(data) - header_end >= FRAME.size and _frame_size(data, header_end) < body_size else None
            if body_end - header_end - FRAME_OVERHEAD != body_size:
                return 0
        properties = BasicProperties().decode(data[header_at + PROPERTIES_AT : header_end - 1])
        on_message(properties, data[header_end + FRAME.size : body_end - 1] if body_size else b"")
        return body_end

    def _milliseconds_to_wait(self) -> float:
        if not self._timers:
            return IDLE_SECONDS * 1000
        return min(max(self._timers[0][0] - time.monotonic(), 0), IDLE_SECONDS) * 1000

    def _call_due(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic() and self._lost is None:
            _, timer_id, callback = heapq.heappop(self._timers)
            if timer_id in self._cancelled:
                self._cancelled.discard(timer_id)
            else:
                callback()

    def _on_gone(self, _connection: Any, reason: Exception) -> None:
        self._lost = reason

    def _release(self) -> None:
        for end in (self._socket, self._wake_receiver, self._wake_sender):
            if end is not None:
                end.close()
        self._socket = None

    def call_soon(self, callback: Callable[[], Any]) -> None:
        """Call a function in the loop's thread; for any thread."""
        self._calls.append(callback)
        self.wake()

    def hang_up(self) -> None:
        """Close the connection, unless it is closing or gone; within the loop's thread."""
        if not self.is_closing and not self.is_closed:
            self.close()

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> int:
        """Call a function in the loop's thread after some time."""
        timer_id = next(self._timer_ids)
        heapq.heappush(self._timers, (time.monotonic() + seconds, timer_id, callback))
        return timer_id

    # What pika asks of an adapter.

    def _adapter_call_later(self, delay: float, callback: Callable[[], Any]) -> object:
        return self.call_later(delay, callback)

    def _adapter_remove_timeout(self, timeout_id: object) -> None:
        assert isinstance(timeout_id, int)
        self._cancelled.add(timeout_id)

    def _adapter_add_callback_threadsafe(self, callback: Callable[..., Any]) -> None:
        self.call_soon(callback)

    def _adapter_connect_stream(self) -> None:
        """Connect and wait for it: the thread has nothing else to do."""
        parameters = self.params
        stream = socket.create_connection((parameters.host, parameters.port), CONNECT_SECONDS)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parameters.ssl_options is not None:
            stream = parameters.ssl_options.context.wrap_socket(stream, server_hostname=parameters.host)
        stream.setblocking(False)
        self._socket = stream
        self._wake_descriptor = self._wake_receiver.fileno()
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self._poll.register(self._wake_receiver, select.POLLIN)
        self._on_stream_connected()

    def _adapter_disconnect_stream(self) -> None:
        self.call_later(0, lambda: self._on_stream_terminated(None))

    def _adapter_emit_data(self, data: bytes) -> None:
        self._unsent += data


def _frame_size(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 3 : at + 7], "big")


def _frame_end(data: bytes, at: int) -> int:
    """Where the frame at ``at`` ends, 0 if it has not arrived whole."""
    if len(data) - at < FRAME.size:
        return 0
    end = at + FRAME_OVERHEAD + _frame_size(data, at)
    if end > len(data):
        return 0
    if data[end - 1] != FRAME_END:
        raise InvalidFrameError("a frame does not end where it says")
    return end


def publish_frame(channel_number: int, exchange: str, routing_key: str) -> bytes:
    """The method frame of a ``mandatory`` publish, which is the same for every message of one kind."""
    publish = Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    return Method(channel_number, publish).marshal()

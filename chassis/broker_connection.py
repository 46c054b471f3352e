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
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pika
import pika.connection
import structlog
from pika.exceptions import StreamLostError

from chassis.amqp_frames import CONTENT_HEADER, DELIVER, FRAME, FRAME_OVERHEAD, METHOD, reply_properties

log = structlog.get_logger()

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 1.0
READ_BYTES = 1 << 16

OnReply = Callable[[str, dict[str, Any], bytes], None]
"""Takes the correlation id, the headers and the body of a message."""


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
        self._bulk_channel = 0
        self._on_bulk_message: OnReply = lambda *_: None
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

    @property
    def body_limit(self) -> int:
        """The largest body that one frame can hold."""
        return self._body_max_length

    def deliver_in_bulk(self, channel_number: int, on_message: OnReply) -> None:
        """Hand messages of a channel with one consumer straight to a function, past pika's channel.

        Messages of several frames still come to the callback that was given to ``basic_consume``.
        """
        self._bulk_channel, self._on_bulk_message = channel_number, on_message

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
        """Split what arrived into frames: whole messages of the bulk channel, and all else for pika."""
        if self._unread:
            data = self._unread + data
        at, size = 0, len(data)
        while size - at >= FRAME.size and self._lost is None:
            kind, channel, length = FRAME.unpack_from(data, at)
            end = at + FRAME_OVERHEAD + length
            if end > size:
                break
            if kind == METHOD and channel == self._bulk_channel and data[at + FRAME.size : at + 11] == DELIVER:
                message_end = self._take_message(data, end, size)
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

    def _take_message(self, data: bytes, at: int, size: int) -> int | None:
        """Read header and body at ``at``: where they end, 0 if pika should read them, None if more is to come."""
        if size - at < FRAME.size + CONTENT_HEADER.size:
            return None
        _, _, length = FRAME.unpack_from(data, at)
        body_at = at + FRAME_OVERHEAD + length
        _, body_size, flags = CONTENT_HEADER.unpack_from(data, at + FRAME.size)
        if not 0 < body_size <= self._body_max_length:
            return 0
        end = body_at + FRAME_OVERHEAD + body_size
        if end > size:
            return None
        if FRAME.unpack_from(data, body_at)[2] != body_size:
            return 0
        key, headers = reply_properties(data, at + FRAME.size + CONTENT_HEADER.size, flags)
        self._on_bulk_message(key, headers, data[body_at + FRAME.size : end - 1])
        return end

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

    def give_up(self, reason: str) -> None:
        """End a connection on which the broker does not answer; within the loop's thread."""
        self._on_stream_terminated(StreamLostError(reason))

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

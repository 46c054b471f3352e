"""The socket to the broker: what has arrived is read at once, and what is ready is sent at once.

py-amqp reads a frame with three system calls and sends each with one of its own, which for a small call is a third of
the CPU of the service and makes the broker work in small pieces too.
"""

from typing import Any

import amqp.transport
import eventlet

READ_BYTES = 1 << 16


class Bulk:
    """Mixed into py-amqp's transports; only the loop of the connection reads, any green thread may write."""

    sock: Any
    connected: bool

    def _setup_transport(self) -> None:
        super()._setup_transport()  # type: ignore[misc]  # of the transport that this is mixed into
        # py-amqp leaves the time-out of the handshake on an encrypted socket.
        self.sock.settimeout(None)
        self._read_buffer = b""
        self._unsent: list[bytes] = []
        self._sending = False

    def arrived(self) -> bytes:
        """Everything that has arrived and nobody has read; waits for more. Raises OSError when there is no more."""
        data = self.sock.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        unread, self._read_buffer = self._read_buffer, b""
        return unread + data if unread else bytes(data)

    def unread(self) -> bytes:
        """What was put back, without waiting."""
        unread, self._read_buffer = self._read_buffer, b""
        return unread

    def put_back(self, data: bytes) -> None:
        """Leave bytes for whoever reads next."""
        self._read_buffer = data

    def write(self, frames: Any) -> None:
        """Send soon, together with what others write until then; a failure is left to whoever reads."""
        self._unsent.append(bytes(frames))
        if not self._sending:
            self._sending = True
            eventlet.spawn_n(self._send)

    def flush(self) -> None:
        """Wait until everything is sent."""
        while self._sending:
            eventlet.sleep(0.005)

    def _send(self) -> None:
        try:
            while self._unsent and self.sock is not None:
                frames = b"".join(self._unsent)
                self._unsent.clear()
                self.sock.sendall(frames)
        except OSError:
            self.connected = False
        finally:
            self._sending = False

    def _read(self, size: int, _initial: bool = False) -> bytes:
        """For py-amqp, which reads by itself while the connection is set up."""
        while len(self._read_buffer) < size:
            self._read_buffer = self.arrived()
        data, self._read_buffer = self._read_buffer[:size], self._read_buffer[size:]
        return data


class BulkTcp(Bulk, amqp.transport.TCPTransport):
    """A plain connection."""


class BulkTls(Bulk, amqp.transport.SSLTransport):
    """An encrypted connection."""

"""A lean HTTP client in a process of its own: so many connections, each with one request under way, no library between.

``python -m benchmarks.http_load`` reads its order (JSON) from standard input and writes what it saw to standard output.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What to ask: GET requests for these paths in turn, all with the same token."""

    port: int
    paths: list[str]
    token: str
    connections: int
    seconds: float


@dataclass(frozen=True)
class Seen:
    """What came of it."""

    per_second: float
    p50_ms: float
    p99_ms: float
    bytes_each: float


class Refused(RuntimeError):
    """An answer was not 200."""


def run(load: Load) -> Seen:
    """Put the load on the server, from another process."""
    command = [sys.executable, "-m", "benchmarks.http_load"]
    done = subprocess.run(command, input=json.dumps(asdict(load)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr[-2000:])
    return Seen(**json.loads(done.stdout))


class _Connection:
    """One keep-alive connection, and the answer that is arriving on it."""

    __slots__ = ("answer", "asked_at", "needed", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer, self.needed, self.asked_at = b"", 0, 0.0

    def ask(self, request: bytes) -> None:
        self.answer, self.needed, self.asked_at = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def complete(self) -> bool:
        """Read what has arrived; whether the answer is whole. Raises Refused unless it is 200."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise Refused("the server closed a connection")
        self.answer = self.answer + data if self.answer else data
        if not self.needed:
            self.needed = _length_of(self.answer)
        return 0 < self.needed <= len(self.answer)


def _length_of(answer: bytes) -> int:
    """Bytes of head and body; 0 while the head is not whole."""
    end = answer.find(HEAD_END)
    if end < 0:
        return 0
    if not answer.startswith(b"HTTP/1.1 200"):
        raise Refused(answer[:1000].decode(errors="replace"))
    head = answer[:end].lower()
    at = head.index(LENGTH) + len(LENGTH)
    return end + len(HEAD_END) + int(head[at : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])


def _measure(load: Load) -> Seen:
    requests = cycle([_request(load, path) for path in load.paths])
    ready = selectors.DefaultSelector()
    for _ in range(load.connections):
        connection = _Connection(load.port)
        ready.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(next(requests))
    waits: list[float] = []
    received = 0
    began = moment = time.perf_counter()
    while moment - began < load.seconds:
        for key, _ in ready.select(5):
            connection = key.data
            if connection.complete():
                moment = time.perf_counter()
                waits.append(moment - connection.asked_at)
                received += connection.needed
                connection.ask(next(requests))
    waits.sort()
    count = len(waits)
    return Seen(count / (moment - began), waits[count // 2] * 1000, waits[count * 99 // 100] * 1000, received / count)


def _request(load: Load, path: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAuthorization: Bearer {load.token}\r\n\r\n"
    return head.encode()


def main() -> None:
    """Take the order, do it, report."""
    order: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(_measure(Load(**order))), sys.stdout)


if __name__ == "__main__":
    main()

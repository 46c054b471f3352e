"""A broker that accepts a connection and then leaves something unanswered, as one may that has just started."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

CHANNEL_OPENED = b"\x00\x14\x00\x0b"
"""Class and method of Channel.OpenOk."""


class MuteBroker:
    """Stands before a real broker and says nothing more on its first connections once a channel would be open."""

    def __init__(self, amqp_url: str, mute_connections: int) -> None:
        self._broker = urlsplit(amqp_url)
        self._mute_left = mute_connections
        self._door = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._door]
        self._threads: list[threading.Thread] = []

    @property
    def amqp_url(self) -> str:
        """The address to connect to."""
        host = f"127.0.0.1:{self._door.getsockname()[1]}"
        return self._broker._replace(netloc=f"{self._broker.netloc.rpartition('@')[0]}@{host}").geturl()

    def __enter__(self) -> Self:
        self._begin(self._open_door)
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _open_door(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.create_connection((str(self._broker.hostname), int(self._broker.port or 5672)))
            self._sockets += [client, server]
            mute_at = CHANNEL_OPENED if self._mute_left > 0 else None
            self._mute_left -= 1
            self._begin(_carry, client, server, None)
            self._begin(_carry, server, client, mute_at)


def _carry(source: socket.socket, target: socket.socket, mute_at: bytes | None) -> None:
    """Pass on what comes; from ``mute_at`` on, nothing."""
    mute = False
    with suppress(OSError):
        while data := source.recv(65536):
            mute = mute or (mute_at is not None and mute_at in data)
            if not mute:
                target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

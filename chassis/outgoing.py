"""Requests to addresses that somebody has typed in: never to the own network, never for long, never for much.

The name is resolved here, each of its addresses is looked at, and the connection goes to the address that was looked
at: a name that resolves to something else a moment later (DNS rebinding) wins nothing. Redirects are not followed.
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import structlog
import urllib3

log = structlog.get_logger()

SECONDS = 4.0
LARGEST = 512 * 1024
PORTS = {"https": 443, "http": 80}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutgoingRefused(Exception):
    """The address is none that may be called, or what came from there cannot be used; says which in few words."""


def networks(value: str) -> tuple[Network, ...]:
    """Networks such as ``10.0.0.0/8``, separated by commas; raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())


@dataclass(frozen=True)
class Outgoing:
    """Where requests may go: anywhere in public, and to ``allowed`` private networks, there also without TLS."""

    allowed: tuple[Network, ...] = ()

    def json(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object at an address; with a ``form`` it is posted there. Raises OutgoingRefused."""
        host, address, path = self._target(url)
        body = urlencode(form).encode() if form is not None else None
        sent = {"Host": host, "Accept": "application/json", "User-Agent": "Rockpool", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            content = _fetched(url, str(address), path, body, sent)
            answer = orjson.loads(content)
        except (urllib3.exceptions.HTTPError, OSError, orjson.JSONDecodeError) as error:
            raise OutgoingRefused(f"{host} did not answer as expected ({type(error).__name__})") from None
        if not isinstance(answer, dict):
            raise OutgoingRefused(f"{host} did not answer with an object")
        return answer

    def check(self, url: str) -> None:
        """Raises OutgoingRefused for an address that must not be called."""
        self._target(url)

    def _target(self, url: str) -> tuple[str, Address, str]:
        """The host as named, the address to connect to, and the rest."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
        except (KeyError, ValueError):
            raise OutgoingRefused("This is no address of a web server") from None
        if not parts.hostname or parts.username or parts.fragment:
            raise OutgoingRefused("This is no address of a web server")
        for address in _resolved(parts.hostname, port):
            private = any(address in network for network in self.allowed)
            if not private and (not _is_public(address) or parts.scheme != "https"):
                log.warning("outgoing request refused", scheme=parts.scheme)
                raise OutgoingRefused("Only https and public addresses may be called")
            chosen = address
        return parts.netloc, chosen, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OutgoingRefused(f"{host} cannot be found") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _is_public(address: Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (mapped is None or _is_public(mapped))


def _fetched(url: str, address: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    parts, deadline = urlsplit(url), time.monotonic() + SECONDS
    pool = _pool(parts.scheme, address, parts.port or PORTS[parts.scheme], parts.hostname or "")
    try:
        answer = pool.urlopen(
            "GET" if body is None else "POST",
            path,
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
        )
        content = b""
        for piece in answer.stream(16 * 1024, decode_content=False):
            content += piece
            if len(content) > LARGEST or time.monotonic() > deadline:
                raise OutgoingRefused(f"{parts.hostname} answers too much or too slowly")
        if answer.status != 200:
            raise OutgoingRefused(f"{parts.hostname} answered {answer.status}")
        return content
    finally:
        pool.close()


def _pool(scheme: str, address: str, port: int, name: str) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(total=SECONDS)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(address, port, timeout=timeout, server_hostname=name, assert_hostname=name)

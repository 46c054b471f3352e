"""Free TCP ports on the loopback interface, and waiting until somebody listens."""

import random
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

HOST = "127.0.0.1"
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 15_000


class NotReady(RuntimeError):
    """A server did not become ready in time, or died on the way."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now (a port in TIME_WAIT counts as free)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """A free port below those that the kernel gives to outgoing connections, so that it is still free in a minute."""
    highest = _lowest_ephemeral() - 1
    refused = set(taken)
    for _ in range(1000):
        port = random.randint(_LOWEST, highest)
        if port not in refused and is_free(port):
            return port
    raise NotReady(f"no free port between {_LOWEST} and {highest}")


def free_ports(count: int) -> list[int]:
    """Several free ports, all different."""
    found: list[int] = []
    while len(found) < count:
        found.append(free_port(found))
    return found


def first_free(start: int, tries: int = 100) -> int:
    """The first free port from `start` upwards."""
    for port in range(start, start + tries):
        if is_free(port):
            return port
    raise NotReady(f"no free port between {start} and {start + tries - 1}")


def answers(port: int, host: str = HOST, timeout: float = 1.0) -> bool:
    """Whether somebody accepts connections on the port."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def wait_until(ready: Callable[[], bool], what: str, timeout: float, interval: float = 0.05) -> None:
    """Ask until the answer is yes; NotReady names what was waited for."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not ready after {timeout:.0f} s")
        time.sleep(interval)


def _lowest_ephemeral() -> int:
    try:
        lowest = int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
    return lowest if lowest > _LOWEST + 1000 else 65_536

"""Ports that stay the same from one start to the next, as long as nobody else took them."""

import json
from collections.abc import Iterable
from pathlib import Path

from devservers.ports import free_port, is_free


def remembered_ports(file: Path, names: Iterable[str]) -> dict[str, int]:
    """A free port for every name: the one it had, or a new one."""
    before = _read(file)
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        if port is None or port in ports.values() or not is_free(port):
            port = free_port([*before.values(), *ports.values()])
        ports[name] = port
    file.write_text(json.dumps(ports, indent=2))
    return ports


def _read(file: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}

"""What makes a RabbitMQ node this node."""

import secrets
from dataclasses import dataclass

from devservers.ports import free_ports


@dataclass(frozen=True)
class NodeIdentity:
    """What makes a node this node; kept beside its data, so that clients find it again after a wipe."""

    name: str
    port: int
    epmd_port: int
    dist_port: int
    user: str
    password: str

    @classmethod
    def fresh(cls) -> "NodeIdentity":
        """A new identity with free ports and a random password."""
        port, epmd_port, dist_port = free_ports(3)
        name = f"rockpool-{secrets.token_hex(4)}@localhost"
        return cls(name, port, epmd_port, dist_port, "rockpool", secrets.token_urlsafe(24))

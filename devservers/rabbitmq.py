"""A private RabbitMQ node: its own ports, cookie, name, account and data, never the system's node."""

import json
import shutil
import signal
import socket
from dataclasses import asdict, replace
from pathlib import Path

from devservers import processes
from devservers.ports import HOST, free_ports, is_free
from devservers.rabbitmq_identity import NodeIdentity
from devservers.rabbitmq_programs import RabbitProgram, find_program
from devservers.server import DevServer

_GREETING = b"AMQP\x00\x00\x09\x01"
_CONNECTION_START = b"\x00\x0a\x00\x0a"


class RabbitNode(DevServer):
    """A RabbitMQ node in a folder; it keeps its address and account whether stopped, killed or wiped."""

    def __init__(
        self, folder: Path, *, program: RabbitProgram | None = None, port: int | None = None, log: Path | None = None
    ) -> None:
        super().__init__("RabbitMQ", folder, log)
        self._program = program
        self._wanted_port = port
        self.identity = self._remembered() or self._remember(NodeIdentity.fresh())
        if port is not None and port != self.identity.port:
            self._remember(replace(self.identity, port=port))

    @property
    def program(self) -> RabbitProgram:
        """Where the server comes from; looked for (and fetched if need be) at the first use."""
        if self._program is None:
            self._program = find_program()
        return self._program

    @property
    def origin(self) -> str:
        """Where the server comes from, in words."""
        return self.program.origin

    @property
    def port(self) -> int:
        """Port of AMQP 0-9-1."""
        return self.identity.port

    def amqp_url(self, vhost: str = "") -> str:
        """The address with account and password; no vhost means the default one (`/`)."""
        return f"amqp://{self.identity.user}:{self.identity.password}@{HOST}:{self.port}/{vhost or '%2F'}"

    def launch(self) -> None:
        """Start the node without waiting; ends what an earlier, killed run of the same folder left behind."""
        if self.alive:
            return
        processes.end(processes.owned_by(self.folder), grace=3)
        self._give_way()
        for part in ("data", "log", "home"):
            (self.folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._process.start(self.program.command(self.folder, self.identity))

    def wait_ready(self, timeout: float = 90) -> None:
        """Wait until the node greets AMQP clients; RabbitMQ opens the port after accounts and queues are restored."""
        self._process.wait(lambda: greets(HOST, self.port), timeout)

    def stop(self, grace: float = 30) -> None:
        """Stop the node in an orderly way."""
        self.program.let_go(self.folder, signal.SIGTERM)
        self._process.end(signal.SIGTERM, grace)
        processes.end(processes.owned_by(self.folder), grace=1)  # the port mapper, which detaches itself

    def kill(self) -> None:
        """SIGKILL for the node and all its children."""
        self.program.let_go(self.folder, signal.SIGKILL)
        self._process.kill()
        processes.end(processes.owned_by(self.folder), grace=0)

    def wipe(self) -> None:
        """Delete all data (queues, messages, accounts), as if the disk had been lost; the node must not run."""
        if self.alive:
            raise RuntimeError("stop or kill the node before its data is deleted")
        self.program.forget(self.folder)
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _give_way(self) -> None:
        """Move to other ports if somebody took ours while the node was down, unless the port was asked for."""
        current = self.identity
        if not (is_free(current.epmd_port) and is_free(current.dist_port)):
            epmd_port, dist_port = free_ports(2)
            current = self._remember(replace(current, epmd_port=epmd_port, dist_port=dist_port))
        if self._wanted_port is None and not is_free(current.port):
            self._remember(replace(current, port=free_ports(1)[0]))

    def _remembered(self) -> NodeIdentity | None:
        try:
            return NodeIdentity(**json.loads(self._identity_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _remember(self, identity: NodeIdentity) -> NodeIdentity:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._identity_file.touch(mode=0o600)
        self._identity_file.write_text(json.dumps(asdict(identity), indent=2))
        self.identity = identity
        return identity

    @property
    def _identity_file(self) -> Path:
        return self.folder / "node.json"


def greets(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether an AMQP 0-9-1 server answers there with its Connection.Start."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(_GREETING)
            return connection.recv(11)[7:11] == _CONNECTION_START
    except OSError:
        return False

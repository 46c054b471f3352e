"""Servers of a run's own on free ports, and the processes that are measured on them."""

import os
import secrets
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from chassis import migrating
from chassis.encryption.keyring import Keyring
from chassis.service import Service
from chassis.settings import Settings
from chassis.testing.processes import ServiceProcess
from devservers import scratch
from devservers.postgres import PostgresCluster
from devservers.rabbitmq import RabbitNode


class Servers:
    """A private RabbitMQ node and PostgreSQL cluster, with durable commits as in production."""

    def __init__(self) -> None:
        self.folder = scratch.scratch_folder()
        self.broker = RabbitNode(self.folder / "rabbitmq")
        self.cluster = PostgresCluster(self.folder / "postgres")
        self.suite_keys = Keyring.generate()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._running.callback(scratch.clear, self.folder)
        try:
            self._running.enter_context(self.broker)
            self._running.enter_context(self.cluster)
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def blob_store(self) -> str:
        """The address of the folder for files."""
        return f"file://{self.folder}/blobs"

    def settings(self, service: type[Service], database: str | None = None, **settings: object) -> Settings:
        """Settings of a service with a migrated database of its own."""
        url = self.cluster.create_role_and_database(database or service.name, secrets.token_urlsafe(24))
        values: dict[str, object] = {
            "database_url": url,
            "amqp_url": self.broker.amqp_url(),
            "blob_store": self.blob_store,
            "secret_key": secrets.token_bytes(32),
            "encryption_keys": Keyring.generate(),
            "suite_keys": self.suite_keys,
        }
        made = service.settings_class(**(values | settings))  # type: ignore[arg-type]  # each class checks its own
        migrating.migrate(service, made)
        return made


class Processes:
    """The processes of one figure; they end with it, so that they do not disturb the next."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self._running = ExitStack()
        self._pids: dict[str, list[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def start(self, command: str, service: type[Service], settings: Settings) -> ServiceProcess:
        """A process of a service: ``serve`` or ``work``."""
        package = service.__module__.rpartition(".")[0]
        process = ServiceProcess(command, package, settings, self._log(f"{service.name}-{command}"))
        self._running.enter_context(process)
        self._pids.setdefault(service.name, []).append(process.pid)
        return process

    def processor_seconds(self, service: str) -> float:
        """How long the processes of a service have used a processor so far."""
        ticks = 0
        for pid in self._pids[service]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def run(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """A Python program: ``python -m words``."""
        with self._log(words[0]).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.callback(_end, process)
        return process

    def _log(self, name: str) -> Path:
        return self.servers.folder / f"{name}.log"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

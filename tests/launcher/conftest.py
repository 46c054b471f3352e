"""Checkouts in miniature that a launcher runs, each below a folder that is cleared away with its processes."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from devservers import processes
from devservers.ports import wait_until
from devservers.postgres import PostgresCluster
from devservers.processes import Seen
from devservers.rabbitmq import RabbitNode
from devservers.scratch import clear, scratch_folder
from launcher.suite import SERVICES

ROOT = Path(__file__).resolve().parents[2]
STANDIN = Path(__file__).parent / "standin"


class Checkout:
    """A clone of the repository that has stand-ins for its services."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment, "PYTHONPATH": str(folder)}
        self.environment.pop(processes.OWNER, None)
        for package in ("launcher", "devservers"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(STANDIN, folder, dirs_exist_ok=True)
        for service in SERVICES:
            (folder / "services" / service).mkdir(parents=True)
            (folder / "services" / service / "service.py").touch()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the launcher to its end."""
        return subprocess.run(
            [sys.executable, "-m", "launcher", *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def start(self) -> dict[str, Any]:
        """`make start`; answers what access.json says."""
        result = self.run("start")
        assert result.returncode == 0, result.stdout
        return self.access()

    def foreground(self) -> subprocess.Popen[str]:
        """`make up`, ready."""
        launcher = subprocess.Popen(
            [sys.executable, "-m", "launcher", "up"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert launcher.stdout is not None
        if not any("stop with Ctrl-C" in line for line in launcher.stdout):
            pytest.fail("the suite did not come up")
        return launcher

    def access(self) -> dict[str, Any]:
        return json.loads((self.run_folder / "access.json").read_text())  # type: ignore[no-any-return]

    def state(self) -> dict[str, Any]:
        return json.loads((self.run_folder / "state.json").read_text())  # type: ignore[no-any-return]

    def process(self, name: str) -> dict[str, Any]:
        return next(one for one in self.state()["processes"] if one["name"] == name)

    def launcher(self) -> Seen:
        return Seen(**self.state()["launcher"])

    def left_running(self) -> list[Seen]:
        """Everything that still runs for this checkout."""
        data = self.run_folder / "postgresql" / "data"
        return [*processes.owned_by(self.run_folder), *processes.running_in(data, "postgres")]

    def wait_for_restart(self, name: str) -> None:
        """Wait until the process has been started again and its port answers."""
        wait_until(lambda: self.process(name)["restarts"] == 1 and self.process(name)["pid"], f"{name} again", 20)
        time.sleep(0.1)

    @property
    def run_folder(self) -> Path:
        return self.folder / ".run"


@pytest.fixture(scope="module")
def shared_broker() -> Iterator[RabbitNode]:
    """A broker that the suites of a module are given, which saves each of them the start of its own."""
    folder = scratch_folder()
    with RabbitNode(folder / "rabbit") as node:
        yield node
    clear(folder)


@pytest.fixture
def clone() -> Iterator[Callable[..., Checkout]]:
    """Makes checkouts; `clone(AMQP_URL=…)` sets their environment."""
    folders: list[Path] = []

    def make(**environment: str) -> Checkout:
        folders.append(scratch_folder())
        return Checkout(folders[-1], environment)

    yield make
    for folder in folders:
        clear(folder)


@pytest.fixture
def scratch_postgres() -> Iterator[PostgresCluster]:
    """A PostgreSQL server that a suite is given."""
    folder = scratch_folder()
    with PostgresCluster(folder / "pg", fast=True) as cluster:
        yield cluster
    clear(folder)

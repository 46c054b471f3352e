"""A server from an official image, where Docker is all that the machine has."""

import hashlib
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devservers.ports import HOST


@dataclass(frozen=True)
class Container:
    """The one container (and volume) that belongs to a server's folder."""

    name: str

    @classmethod
    def of(cls, folder: Path, kind: str) -> Self:
        """Two clones have two folders and so two containers."""
        return cls(f"rockpool-{kind}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}")

    def run(
        self,
        image: str,
        ports: Mapping[int, int],
        environment: Iterable[str],
        data: str,
        options: tuple[str, ...] = (),
        arguments: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """Words of `docker run` in the foreground.

        environment: names of variables whose values docker takes from its own environment.
        ports: port on our loopback interface → port in the container.  data: the folder in the container that is kept.
        """
        _docker("rm", "--force", self.name)
        published = [word for ours, theirs in ports.items() for word in ("--publish", f"{HOST}:{ours}:{theirs}")]
        variables = [word for name in environment for word in ("--env", name)]
        volume = ("--volume", f"{self.name}:{data}")
        return (
            "docker",
            "run",
            "--rm",
            "--name",
            self.name,
            *published,
            *variables,
            *volume,
            *options,
            image,
            *arguments,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server in the container."""
        _docker("kill", f"--signal={number.name}", self.name)

    def forget(self) -> None:
        """Remove the container and what it kept."""
        _docker("rm", "--force", self.name)
        _docker("volume", "rm", "--force", self.name)


def docker_works() -> bool:
    """Whether there is a Docker engine that answers."""
    return shutil.which("docker") is not None and _docker("version") == 0


def _docker(*words: str) -> int:
    return subprocess.run(["docker", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode

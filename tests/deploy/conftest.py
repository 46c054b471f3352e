"""Where the deployment files are, and what they say."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, **options: Any) -> str:
    """What a program prints; fails with its error messages."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def services() -> list[str]:
    """The services that the source has."""
    return sorted(path.parent.name for path in ROOT.glob("services/*/__init__.py"))


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """docker-compose.yml with its anchors resolved."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Find a program or skip the test, saying what is missing."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed here")
        return found

    return find


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that deploy/docker/make-secrets has filled."""
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    run(ROOT / "deploy/docker/make-secrets", folder)
    return folder

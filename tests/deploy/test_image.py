"""The Dockerfile: one recipe, pinned libraries, no root, and a build that sees nothing but the product."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.deploy.conftest import run


def dockerfile(root: Path) -> str:
    return (root / "deploy/docker/Dockerfile").read_text(encoding="utf-8")


def test_libraries_come_with_their_hashes(root: Path) -> None:
    assert "--require-hashes" in dockerfile(root)
    assert "--only-binary :all:" in dockerfile(root)
    locked = (root / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in locked


def test_the_image_runs_as_an_ordinary_user_with_a_number(root: Path) -> None:
    # Kubernetes can only tell that a user is not root when it sees a number.
    users = re.findall(r"^USER (.+)$", dockerfile(root), re.MULTILINE)
    assert users == ["10001:10001"]


def test_a_build_needs_no_frontend_from_a_registry(root: Path) -> None:
    assert "syntax=" not in dockerfile(root)


def test_the_builder_sees_only_the_product(root: Path) -> None:
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == {"requirements.lock", "chassis", "contracts", "services", "gateway", "deploy/docker/ready.py"}


def test_hadolint_finds_nothing(root: Path, tool: Callable[[str], str]) -> None:
    run(tool("hadolint"), "--failure-threshold", "info", root / "deploy/docker/Dockerfile")

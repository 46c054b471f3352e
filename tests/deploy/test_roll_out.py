"""roll-out: the order of an upgrade, seen by a kubectl that renders for real and notes down what it would change."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.conftest import ROOT, run

NOTING_KUBECTL = """#!/bin/sh
case "$1" in
    kustomize) exec {kubectl} "$@" ;;
    *) echo "$@" >> {notes} ;;
esac
"""


@pytest.fixture
def steps(tmp_path: Path, tool: Callable[[str], str]) -> Callable[[str], list[str]]:
    """Roll an overlay out and tell the calls of kubectl, shortened to what they are about."""
    notes, program = tmp_path / "notes", tmp_path / "kubectl"
    program.write_text(NOTING_KUBECTL.format(kubectl=tool("kubectl"), notes=notes), encoding="utf-8")
    program.chmod(0o755)

    def roll_out(overlay: str) -> list[str]:
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        run(ROOT / "deploy/k8s/roll-out", ROOT / "deploy/k8s/overlays" / overlay, env=environment)
        return [summary(line) for line in notes.read_text(encoding="utf-8").splitlines()]

    return roll_out


def summary(call: str) -> str:
    verb = re.search(r"apply|delete job|wait job|rollout status", call)
    subject = re.search(r"component=(\w+)|(!)app|(namespace)\.yaml", call)
    assert verb is not None, call
    assert subject is not None, call
    return f"{verb[0]} {next(filter(None, subject.groups()))}"


def test_production_is_migrated_before_anything_new_starts(steps: Callable[[str], list[str]]) -> None:
    assert steps("prod") == [
        "apply namespace",
        "apply !",
        "delete job migrate",
        "apply migrate",
        "wait job migrate",
        "apply serve",
        "rollout status serve",
        "apply work",
        "rollout status work",
        "apply gateway",
        "rollout status gateway",
    ]


def test_the_dev_overlay_starts_its_servers_first(steps: Callable[[str], list[str]]) -> None:
    order = steps("dev")
    assert order.index("rollout status server") < order.index("apply databases") < order.index("apply migrate")

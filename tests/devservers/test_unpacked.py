"""Servers from packages that were only unpacked, run by an ordinary user: the way for machines without root."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
UNREACHABLE = 75

_PROGRAM = """
import sys
from pathlib import Path
from devservers import debian, postgres, postgres_programs, rabbitmq, rabbitmq_programs
base = Path(sys.argv[1])
try:
    programs = postgres_programs.unpacked_programs(base / "packages")
    program = rabbitmq_programs.unpacked_program(base / "packages")
except debian.CannotGet as reason:
    print(reason)
    sys.exit(75)
with postgres.PostgresCluster(base / "pg", programs=programs, fast=True) as cluster:
    cluster.create_role_and_database("customers", "pw")
    running = Path(f"/proc/{cluster.pid}/exe").readlink()
    assert base in running.parents, running
with rabbitmq.RabbitNode(base / "rabbit", program=program) as node:
    running = Path(f"/proc/{node.pid}/exe").readlink()
    assert base in running.parents, running
    node.kill()
    node.start()
"""


def as_ordinary_user() -> list[str]:
    """Words before a command that take root away from it."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("apt-get"), reason="no Debian packages here")
@pytest.mark.skipif(not Path(PYTHON).exists(), reason="needs a Python that every user may run")
def test_an_ordinary_user_runs_both_servers_from_unpacked_packages(scratch):
    if os.geteuid() == 0:
        shutil.chown(scratch, "nobody")
    libraries = f"{CHECKOUT}:{sysconfig.get_path('platlib')}"
    result = subprocess.run(
        [*as_ordinary_user(), PYTHON, "-B", "-c", _PROGRAM, str(scratch)],
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(scratch), "PYTHONPATH": libraries},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if result.returncode == UNREACHABLE:
        pytest.skip(f"the packages cannot be fetched here: {result.stdout}")
    assert result.returncode == 0, result.stdout + result.stderr

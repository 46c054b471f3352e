"""The running gateway against its own OpenAPI document, with every check that schemathesis has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.places import CHECKOUT
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = [pytest.mark.fuzz, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 20
"""For each operation, beside the cases that its schema itself gives rise to."""
LEFT_OUT = "/live"
"""The stream of live changes has no end to wait for; tests/e2e/test_live.py is about it."""


def test_every_operation_keeps_to_its_description(suite: WholeSuite, company: Company, tmp_path: Path):
    words = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "--no-color", "run"),
        *("--checks", "all", "--exclude-path", LEFT_OUT, "--workers", "2"),
        *("--max-examples", str(EXAMPLES), "--seed", "1"),
        f"{suite.url}/api/v1/openapi.json",
    ]

    result = subprocess.run(
        words,
        cwd=tmp_path,
        env={**os.environ, **account(company.hire("administrator"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-20_000:]


def account(person: Person) -> dict[str, str]:
    """What the hooks are told of the person with whom everything is tried."""
    return {
        "PYTHONPATH": str(CHECKOUT),
        "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks",
        "ROCKPOOL_API": f"{person.url}/api/v1",
        "ROCKPOOL_EMAIL": person.email,
        "ROCKPOOL_PASSWORD": person.password,
        "ROCKPOOL_USER_ID": person.id,
    }

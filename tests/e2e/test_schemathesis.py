"""The running gateway against its own OpenAPI document, with every check that schemathesis has."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.places import CHECKOUT
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CONFIG = Path(__file__).with_name("schemathesis.toml")
FEW, MANY = 2, 30
"""Generated requests for each operation, beside those that its schema itself gives rise to."""
SEED = 1


@pytest.mark.timeout(1200)
def test_every_operation_keeps_to_its_description(suite: WholeSuite, company: Company, tmp_path: Path):
    described = tried(suite, company, tmp_path, examples=FEW, seed=SEED, ROCKPOOL_FEW="yes")

    assert described.returncode == 0, told_by(described)


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
def test_every_operation_keeps_to_its_description_whatever_comes(suite: WholeSuite, company: Company, tmp_path: Path):
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(2**32))

    described = tried(suite, company, tmp_path, examples=MANY, seed=seed)

    assert described.returncode == 0, told_by(described)


def tried(
    suite: WholeSuite, company: Company, folder: Path, *, examples: int, seed: int, **surroundings: str
) -> subprocess.CompletedProcess[str]:
    """What schemathesis says of the gateway."""
    words = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "--no-color", "run"),
        *("--checks", "all", "--max-examples", str(examples), "--seed", str(seed)),
        f"{suite.url}/api/v1/openapi.json",
    ]
    environment = {**os.environ, **account(company.hire("administrator")), **surroundings}
    return subprocess.run(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def told_by(described: subprocess.CompletedProcess[str]) -> str:
    """The end of what schemathesis said: the failures with the requests that show them, and the seed."""
    return described.stdout[-20_000:]


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

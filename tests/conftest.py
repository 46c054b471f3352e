"""What tests of any kind may use."""

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher

from services.auth import passwords

Tell = Callable[[str], None]
REAL_HASHER = passwords._hasher


@pytest.fixture(scope="session", autouse=True)
def little_work_for_passwords() -> Iterator[None]:
    """Hash passwords with as little work as argon2 allows; ``real_work_for_passwords`` has what the field has."""
    with pytest.MonkeyPatch.context() as patch:
        little = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", little)
        patch.setattr(passwords, "_NOBODYS_HASH", little.hash(passwords.generated()))
        yield


@pytest.fixture
def real_work_for_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as in the field."""
    monkeypatch.setattr(passwords, "_hasher", REAL_HASHER)
    monkeypatch.setattr(passwords, "_NOBODYS_HASH", REAL_HASHER.hash(passwords.generated()))


@pytest.fixture
def tell(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Writes a line to the terminal although the test's output is captured, for figures that nothing is asserted of."""

    def write(line: str) -> None:
        reporter = pytestconfig.pluginmanager.getplugin("terminalreporter")
        with capsys.disabled():
            reporter.ensure_newline()
            reporter.write_line(line)

    return write

"""A suite to be killed, with a real fsync, and a way to tell the person at the terminal what came of it."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.suite import WholeSuite, whole_suite

Tell = Callable[[str], None]


@pytest.fixture(scope="package")
def suite() -> Iterator[WholeSuite]:
    with whole_suite() as running:
        yield running


@pytest.fixture
def tell(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Writes a line to the terminal although the test's output is captured: figures are what these tests are for."""

    def write(line: str) -> None:
        reporter = pytestconfig.pluginmanager.getplugin("terminalreporter")
        with capsys.disabled():
            reporter.ensure_newline()
            reporter.write_line(line)

    return write

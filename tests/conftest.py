"""What tests of any kind may use."""

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]


@pytest.fixture
def tell(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Writes a line to the terminal although the test's output is captured, for figures that nothing is asserted of."""

    def write(line: str) -> None:
        reporter = pytestconfig.pluginmanager.getplugin("terminalreporter")
        with capsys.disabled():
            reporter.ensure_newline()
            reporter.write_line(line)

    return write

"""A folder for the servers of a test, cleared away with everything that runs for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devservers.scratch import clear, scratch_folder


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = scratch_folder()
    yield folder
    clear(folder)

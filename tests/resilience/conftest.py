"""A suite to be killed, with a real fsync."""

from collections.abc import Iterator

import pytest

from tests.e2e.suite import WholeSuite, whole_suite


@pytest.fixture(scope="package")
def suite() -> Iterator[WholeSuite]:
    with whole_suite() as running:
        yield running

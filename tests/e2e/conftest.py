"""One suite for all end-to-end tests, and the people in it."""

from collections.abc import Iterator

import pytest

from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite, whole_suite


@pytest.fixture(scope="package")
def suite() -> Iterator[WholeSuite]:
    """A running suite; quotas are a matter of the gateway's own tests, and nobody waits minutes for a rotation."""
    with whole_suite(RATE_LIMIT="off", RATE_LIMIT_ANONYMOUS="off", SIGNING_KEY_AHEAD_SECONDS="1.2") as running:
        yield running


@pytest.fixture(scope="package")
def admin(suite: WholeSuite) -> Person:
    """The first administrator."""
    return suite.admin()


@pytest.fixture(scope="package")
def company(admin: Person) -> Company:
    """Where people for a test are hired."""
    return Company(admin)


@pytest.fixture(scope="package")
def admin_role(admin: Person) -> str:
    """The id of the role that may do everything."""
    return next(str(role["id"]) for role in admin.all_of("/roles") if role["name"] == "administrator")

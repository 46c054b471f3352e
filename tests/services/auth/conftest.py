"""Fixtures of the tests of auth."""

import pytest

from services.auth.service import AuthService
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House


@pytest.fixture
def house(tested):
    """A seeded auth service, with its administrator logged in."""
    return House(tested(AuthService, seeded=True, admin_email=ADMIN_EMAIL, admin_password=ADMIN_PASSWORD))

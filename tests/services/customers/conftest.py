"""What the tests of customers share."""

import pytest

from services.customers.service import CustomersService


@pytest.fixture
def customers(tested):
    return tested(CustomersService)

"""What people type finds what they mean among thousands of other names."""

import random

import pytest

from benchmarks.searching import bilingual
from chassis.copying import copy_entities
from services.customers.models import Customer, new_customer
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN
from tests.services.customers.searching.vectors import VECTORS

OTHERS = 3_000
FEWEST = 300
RECALL = 0.99
AT = 10


@pytest.fixture
def customers(tested):
    service = tested(CustomersService)
    chance = random.Random(7)
    names = [*dict.fromkeys(name for _, name in VECTORS), *(bilingual(number, chance) for number in range(OTHERS))]
    with service.session() as session:
        copy_entities(session, Customer, [new_customer(None, None, {"kind": "person", "name": one}) for one in names])
    return service


def test_what_is_meant_is_among_the_first_ten(customers):
    admin = customers.person("Admin", ADMIN)
    missed = []
    for typed, name in VECTORS:
        answer = customers.call("search", admin, q=typed, limit=AT)
        if name not in [hit["customer"]["name"] for hit in answer.body["items"]]:
            missed.append((typed, name))
    assert len(VECTORS) >= FEWEST
    assert 1 - len(missed) / len(VECTORS) >= RECALL, missed

"""Every operation of the API is walked for every role, or works without one."""

import json
from pathlib import Path

import pytest

from services.auth.service import AuthService
from services.campaigns.service import CampaignsService
from services.customers.service import CustomersService
from services.interactions.service import InteractionsService
from services.tickets.service import TicketsService

DOCUMENT = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"
SERVICES = (AuthService, CampaignsService, CustomersService, InteractionsService, TicketsService)
OF_THE_GATEWAY = {"gateway.upload_file", "gateway.live", "gateway.openapi"}
"""Files are nobody's until an operation names them, the stream asks ``visible_records``, the document is open."""


@pytest.fixture(scope="module")
def documented():
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].values()
    operations = [one for path in paths for one in path.values() if isinstance(one, dict) and "operationId" in one]
    return {one["operationId"]: one["x-permission"] for one in operations}


def test_each_is_one_of_a_service_whose_table_has_it(documented):
    """The tables have all operations with a path that are not open to everybody: see ``table.differences``."""
    offered = {f"{one.name}.{name}" for one in SERVICES for name, it in one.operations().items() if it.path}
    gathered = {f"{one.name}.{name}" for one in SERVICES for name in one.gathers()}
    assert set(documented) == offered | gathered | OF_THE_GATEWAY


def test_what_the_document_says_of_permission_is_what_the_tables_walk(documented):
    for one in SERVICES:
        for name, it in one.operations().items():
            if it.path:
                assert documented[f"{one.name}.{name}"] == it.needs


def test_pages_of_several_services_are_made_of_walked_operations():
    walked = {f"{one.name}.{name}" for one in SERVICES for name, it in one.operations().items() if it.path}
    for one in SERVICES:
        for gather in one.gathers().values():
            assert {part.operation for part in gather.parts.values()} <= walked

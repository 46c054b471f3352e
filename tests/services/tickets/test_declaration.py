"""The service as others see it: its tables, routes and permissions."""

from chassis import description, migrating
from chassis.testing.plugin import Tested
from services.tickets.service import TicketsService

HIDEABLE = {"description", "channel", "accused_id", "note"}


def test_the_migrations_give_just_the_tables_that_the_code_declares(tested: Tested):
    migrating.check(TicketsService, tested(TicketsService).settings)


def test_permissions_and_routes():
    routes = {f"{one.method} {one.path}": one.needs for one in TicketsService.operations().values() if one.path}

    assert routes == {
        "POST /tickets": "tickets:create",
        "POST /tickets/batch": "tickets:create",
        "GET /tickets": "tickets:read",
        "GET /tickets/{ticket_id}": "tickets:read",
        "GET /tickets/{ticket_id}/history": "tickets:read",
        "GET /tickets/{ticket_id}/comments": "tickets:read",
        "GET /customers/{customer_id}/tickets": "tickets:read",
        "PATCH /tickets/{ticket_id}": "tickets:change",
        "POST /tickets/{ticket_id}/assign": "tickets:assign",
        "POST /tickets/{ticket_id}/comments": "tickets:comment",
        "POST /tickets/{ticket_id}/open": "tickets:change",
        "POST /tickets/{ticket_id}/wait": "tickets:change",
        "POST /tickets/{ticket_id}/solve": "tickets:change",
        "POST /tickets/{ticket_id}/close": "tickets:change",
        "POST /tickets/{ticket_id}/reopen": "tickets:change",
        "POST /tickets/{ticket_id}/cancel": "tickets:change",
        "POST /tickets/{ticket_id}/shares": "tickets:share",
        "GET /tickets/{ticket_id}/shares": "tickets:share",
        "DELETE /tickets/{ticket_id}/shares/{share_id}": "tickets:share",
    }


def test_in_views_only_what_rules_may_hide_can_be_missing():
    schemas = description.of(TicketsService)["openapi"]["components"]["schemas"]

    for name, schema in schemas.items():
        if name.endswith(("View", "Page")):
            assert set(schema["properties"]) - set(schema["required"]) <= HIDEABLE, name

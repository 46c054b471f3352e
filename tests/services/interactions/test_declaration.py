"""The service as others see it: its tables, routes and permissions."""

from chassis import description, migrating
from chassis.testing.plugin import Tested
from services.interactions.service import InteractionsService

HIDEABLE = {"direction", "channel", "text", "duration_seconds", "participants", "outcome", "note"}


def test_the_migrations_give_just_the_tables_that_the_code_declares(tested: Tested):
    migrating.check(InteractionsService, tested(InteractionsService).settings)


def test_permissions_and_routes():
    routes = {f"{one.method} {one.path}": one.needs for one in InteractionsService.operations().values() if one.path}

    assert routes == {
        "POST /customers/{customer_id}/interactions": "interactions:create",
        "POST /interactions/batch": "interactions:create",
        "GET /interactions/{interaction_id}": "interactions:read",
        "PATCH /interactions/{interaction_id}": "interactions:read",
        "GET /interactions": "interactions:read",
        "GET /customers/{customer_id}/timeline": "interactions:read",
        "POST /customers/{customer_id}/follow-up": "interactions:create",
        "GET /follow-ups": "interactions:read",
        "POST /follow-ups/{follow_up_id}/done": "interactions:create",
        "POST /follow-ups/{follow_up_id}/cancel": "interactions:create",
        "GET /reminders": "authenticated",
        "POST /reminders/{reminder_id}/read": "authenticated",
    }


def test_in_views_only_what_rules_may_hide_can_be_missing():
    schemas = description.of(InteractionsService)["openapi"]["components"]["schemas"]

    for name, schema in schemas.items():
        if name.endswith(("View", "Page")):
            assert set(schema["properties"]) - set(schema["required"]) <= HIDEABLE, name

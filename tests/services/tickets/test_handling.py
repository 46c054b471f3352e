"""Changing tickets and commenting on them."""

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService
from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import ADMIN, AGENT, REP, done, ids, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def test_a_ticket_is_changed_by_whoever_has_seen_its_present_version(service: TestedService, admin: Person):
    ticket = taken_in(service, admin, description="Since Monday.")
    change = {"ticket_id": ticket["id"], "priority": "urgent", "description": None}

    assert service.call("change_ticket", admin, **change).status == 428
    changed = service.call("change_ticket", admin, if_match='"1"', **change)

    assert (changed.status, changed.etag) == (200, '"2"')
    assert (changed.json()["priority"], changed.json()["description"]) == ("urgent", None)
    assert changed.json()["subject"] == ticket["subject"]
    assert service.call("change_ticket", admin, if_match='"1"', **change).status == 412
    event = service.events()[-1]
    assert (event["type"], event["version"], event["payload"]["priority"]) == ("TicketChanged", 2, "urgent")


def test_another_priority_is_kept_in_the_history(service: TestedService, admin: Person):
    ticket = taken_in(service, admin)
    service.call("change_ticket", admin, ticket_id=ticket["id"], priority="high", if_match='"1"')
    service.call("change_ticket", admin, ticket_id=ticket["id"], subject="Pump howls", if_match='"2"')

    history = service.call("ticket_history", admin, ticket_id=ticket["id"]).json()["items"]

    assert [(one["what"], one["before"], one["after"]) for one in history] == [
        ("state", None, "new"),
        ("priority", "normal", "high"),
    ]


def test_comments_are_shown_in_the_order_in_which_they_were_made(service: TestedService, admin: Person):
    ticket = taken_in(service, admin)
    first = done(service, "comment_ticket", admin, ticket, text=" Spare part ordered. ")
    second = done(service, "comment_ticket", admin, ticket, text="It comes on Friday.", public=True)

    page = service.call("ticket_comments", admin, ticket_id=ticket["id"], limit="1")
    rest = service.call("ticket_comments", admin, ticket_id=ticket["id"], cursor=page.json()["next_cursor"])

    assert ids(page) + ids(rest) == [first["id"], second["id"]]
    assert page.json()["items"][0] | {"created_at": None} == {
        "id": first["id"],
        "author_id": str(admin.id),
        "text": "Spare part ordered.",
        "public": False,
        "created_at": None,
    }
    assert second["public"] is True
    assert [(event["type"], event["version"]) for event in service.events()[1:]] == [
        ("TicketChanged", 2),
        ("TicketChanged", 3),
    ]


def test_commenting_needs_the_permission_and_sight_of_the_ticket(service: TestedService, admin: Person):
    rep = service.person("Rep", {**REP, "tickets:comment": "own"})
    ticket = taken_in(service, rep, known_customer(service, rep))

    assert done(service, "comment_ticket", rep, ticket, text="The customer waits.")
    outsider = service.person("Agent", {**AGENT, "tickets:read": "own"})
    assert service.call("comment_ticket", outsider, ticket_id=ticket["id"], text="Hello").status == 404
    silent = service.person("Silent", {"tickets:read": "all"})
    assert service.call("comment_ticket", silent, ticket_id=ticket["id"], text="Hello").status == 403


@pytest.mark.parametrize("operation", ["get_ticket", "ticket_history", "ticket_comments", "open_ticket"])
def test_an_unknown_ticket_is_not_found(service: TestedService, admin: Person, operation: str):
    assert service.call(operation, admin, ticket_id=new_id()).status == 404


def test_a_ticket_without_comments_has_an_empty_page_of_them(service: TestedService, admin: Person):
    ticket = taken_in(service, admin)

    assert ids(service.call("ticket_comments", admin, ticket_id=ticket["id"])) == []

"""Taking tickets in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService, together
from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import ADMIN, AGENT, LEAD, REP, done, refusal, request, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def test_a_service_request_is_taken_in_as_new(service: TestedService, admin: Person):
    customer_id = known_customer(service, name="Example Trading")

    ticket = taken_in(
        service,
        admin,
        customer_id,
        description="Since Monday.",
        channel="phone",
        priority="high",
        subject=" Pump hums ",
    )

    seen = service.call("get_ticket", admin, ticket_id=ticket["id"])
    assert seen.json() == ticket | {"customer_name": "Example Trading", "urgency": 3}
    assert seen.etag == '"1"'
    stamps = dict.fromkeys(["created_at", "updated_at"])
    assert seen.json() | stamps == {
        "id": ticket["id"],
        "version": 1,
        "number": f"SR-{datetime.now(UTC).year}-000001",
        "kind": "service_request",
        "subject": "Pump hums",
        "description": "Since Monday.",
        "priority": "high",
        "urgency": 3,
        "channel": "phone",
        "customer_id": str(customer_id),
        "customer_name": "Example Trading",
        "team_id": None,
        "assignee_id": None,
        "accused_id": None,
        "created_by": str(admin.id),
        "state": "new",
        "resolution": None,
        "reopened": 0,
        "solved_at": None,
        "closed_at": None,
        **stamps,
    }


def test_taking_in_is_told_to_the_others_without_the_texts(service: TestedService, admin: Person):
    ticket = taken_in(service, admin, kind="complaint", description="Rude on the telephone.")

    (event,) = service.events()
    assert (event["type"], event["aggregate"], event["aggregate_id"]) == ("TicketOpened", "ticket", ticket["id"])
    assert (event["version"], event["actor"]) == (1, str(admin.id))
    assert event["payload"] == {
        "number": ticket["number"],
        "kind": "complaint",
        "state": "new",
        "priority": "normal",
        "customer_id": ticket["customer_id"],
        "assignee_id": None,
        "team_id": None,
    }


def test_numbers_run_for_each_kind_and_year(service: TestedService, admin: Person):
    year = datetime.now(UTC).year

    numbers = [taken_in(service, admin, kind=kind)["number"] for kind in ("service_request", "complaint", "complaint")]

    assert numbers == [f"SR-{year}-000001", f"CP-{year}-000001", f"CP-{year}-000002"]


def test_parallel_tickets_get_different_numbers_without_a_gap(service: TestedService, admin: Person):
    customer_id = known_customer(service)

    tickets = together(20, lambda _: taken_in(service, admin, customer_id))

    assert sorted(int(ticket["number"][-6:]) for ticket in tickets) == list(range(1, 21))


def test_a_refused_ticket_uses_up_no_number(service: TestedService, admin: Person):
    own = new_id()
    taken_in(service, admin, id=own)

    assert refusal(service.call("create_ticket", admin, **request(known_customer(service), id=own))) == (
        409,
        "ticket-id-taken",
    )
    assert taken_in(service, admin)["number"].endswith("000002")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "wish"),
        ("subject", " "),
        ("subject", "x" * 201),
        ("description", "x" * 10_001),
        ("priority", "highest"),
        ("customer_id", "nobody"),
        ("number", "SR-2026-000007"),
        ("state", "closed"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(service: TestedService, admin: Person, field: str, value: str):
    answer = service.call("create_ticket", admin, **(request(known_customer(service)) | {field: value}))

    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert service.scalar("SELECT count(*) FROM tickets") == 0
    assert service.events() == []


def test_the_customer_must_be_in_sight(service: TestedService):
    rep = service.person("Rep", REP)
    theirs, pooled = known_customer(service), known_customer(service, in_pool=True)

    for customer_id in (theirs, new_id()):
        assert refusal(service.call("create_ticket", rep, **request(customer_id))) == (404, "customer-not-known-here")
    assert taken_in(service, rep, pooled)
    assert taken_in(service, rep, known_customer(service, rep))


def test_taking_in_needs_the_permission(service: TestedService):
    reader = service.person("Reader", {"customers:read": "all", "tickets:read": "all"})

    assert service.call("create_ticket", reader, **request(known_customer(service))).status == 403


def test_a_ticket_belongs_to_the_named_team_else_to_that_of_the_assignee_else_to_ones_own(service: TestedService):
    east, west, desk = service.team("East"), service.team("West"), service.team("Desk")
    lead = service.person("Lead", LEAD, teams=[east])
    agent = service.person("Agent", AGENT, teams=[desk])

    assert taken_in(service, lead, team_id=west)["team_id"] == str(west)
    assert taken_in(service, lead, assignee_id=agent.id)["team_id"] == str(desk)
    assert taken_in(service, lead)["team_id"] == str(east)
    unknown = service.call("create_ticket", lead, **request(known_customer(service), team_id=new_id()))
    assert refusal(unknown) == (409, "unknown-team")


def test_others_are_named_as_assignee_only_with_the_right_to_assign(service: TestedService):
    desk = service.team("Desk")
    agent, colleague = service.person("Agent", AGENT, teams=[desk]), service.person("Colleague", AGENT, teams=[desk])

    assert taken_in(service, agent, assignee_id=agent.id)["assignee_id"] == str(agent.id)
    answer = service.call("create_ticket", agent, **request(known_customer(service), assignee_id=colleague.id))
    assert answer.status == 403


def test_a_named_assignee_must_be_able_to_handle_tickets_and_be_of_the_named_team(service: TestedService):
    desk, west = service.team("Desk"), service.team("West")
    lead = service.person("Lead", LEAD, teams=[desk])
    agent, reader = service.person("Agent", AGENT, teams=[desk]), service.person("Rep", REP, teams=[desk])
    customer_id = known_customer(service)

    said: dict[str, Any]
    for said in ({"assignee_id": reader.id}, {"assignee_id": new_id()}, {"assignee_id": agent.id, "team_id": west}):
        answer = service.call("create_ticket", lead, **request(customer_id, **said))
        assert refusal(answer) == (409, "person-cannot-handle-tickets")


def test_only_a_complaint_accuses_somebody(service: TestedService, admin: Person):
    answer = service.call("create_ticket", admin, **request(known_customer(service), accused_id=new_id()))

    assert refusal(answer) == (409, "only-complaints-accuse")


def test_a_request_that_comes_twice_under_one_key_is_taken_in_once(service: TestedService, admin: Person):
    said = request(known_customer(service))

    answers = [service.call("create_ticket", admin, idempotency_key="k", **said) for _ in range(2)]

    assert answers[1].replayed
    assert answers[0].json() == answers[1].json()
    assert done(service, "open_ticket", admin, answers[0].json())["number"].endswith("000001")
    assert service.scalar("SELECT count(*) FROM tickets") == 1

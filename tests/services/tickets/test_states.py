"""The states of a ticket and the ways between them."""

from typing import Any

import pytest

from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService, together
from services.tickets.service import TicketsService
from tests.services.tickets.factories import ADMIN, AGENT, done, refusal, taken_in

MOVES = {
    "open_ticket": ({"new", "waiting"}, "open"),
    "wait_for_customer": ({"open"}, "waiting"),
    "solve_ticket": ({"open", "waiting"}, "solved"),
    "close_ticket": ({"solved"}, "closed"),
    "reopen_ticket": ({"solved"}, "open"),
    "cancel_ticket": ({"new", "open", "waiting"}, "cancelled"),
}

WAYS = {
    "new": [],
    "open": ["open_ticket"],
    "waiting": ["open_ticket", "wait_for_customer"],
    "solved": ["open_ticket", "solve_ticket"],
    "closed": ["open_ticket", "solve_ticket", "close_ticket"],
    "cancelled": ["cancel_ticket"],
}


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def said(move: str) -> dict[str, Any]:
    return {"resolution": "The bearing was replaced."} if move == "solve_ticket" else {}


def ticket_in(service: TestedService, admin: Person, state: str) -> dict[str, Any]:
    ticket = taken_in(service, admin)
    for move in WAYS[state]:
        ticket = done(service, move, admin, ticket, **said(move))
    assert ticket["state"] == state
    return ticket


@pytest.mark.parametrize("state", WAYS)
def test_from_each_state_only_the_moves_that_it_allows_work(service: TestedService, admin: Person, state: str):
    for move, (origins, target) in MOVES.items():
        ticket = ticket_in(service, admin, state)
        before = len(service.events())

        answer = service.call(move, admin, ticket_id=ticket["id"], **said(move))

        if state in origins:
            assert (answer.status, answer.json()["state"]) == (200, target), move
            event = service.events()[-1]
            assert (event["type"], event["version"]) == ("TicketMoved", ticket["version"] + 1)
            assert event["payload"]["state"] == target
        else:
            assert refusal(answer) == (409, "wrong-state"), move
            assert len(service.events()) == before
            assert service.call("get_ticket", admin, ticket_id=ticket["id"]).json()["version"] == ticket["version"]


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_what_is_closed_or_cancelled_rests_for_good(service: TestedService, admin: Person, state: str):
    ticket = ticket_in(service, admin, state)
    asked: dict[str, dict[str, Any]] = {
        "change_ticket": {"priority": "low", "if_match": f'"{ticket["version"]}"'},
        "assign_ticket": {"auto": False},
        "comment_ticket": {"text": "One more thing."},
    }

    for operation, arguments in asked.items():
        assert refusal(service.call(operation, admin, ticket_id=ticket["id"], **arguments)) == (409, "wrong-state")
    assert ticket["closed_at"] is not None


def test_solving_needs_a_resolution(service: TestedService, admin: Person):
    ticket = ticket_in(service, admin, "open")

    assert service.call("solve_ticket", admin, ticket_id=ticket["id"]).status == 422
    assert service.call("solve_ticket", admin, ticket_id=ticket["id"], resolution="  ").status == 422
    solved = done(service, "solve_ticket", admin, ticket, resolution="The bearing was replaced.")
    assert solved["resolution"] == "The bearing was replaced."
    assert solved["solved_at"] is not None


def test_a_reopened_ticket_is_not_solved_any_more(service: TestedService, admin: Person):
    reopened = done(service, "reopen_ticket", admin, ticket_in(service, admin, "solved"), note="Hums again.")

    assert (reopened["state"], reopened["resolution"], reopened["solved_at"]) == ("open", None, None)
    assert reopened["reopened"] == 1


def test_the_history_tells_who_did_what_when_and_why(service: TestedService, admin: Person):
    agent = service.person("Agent", {**AGENT, "tickets:change": "all"})
    ticket = taken_in(service, admin)
    done(service, "open_ticket", agent, ticket)
    done(service, "wait_for_customer", agent, ticket, note="Asked for the serial number.")
    done(service, "solve_ticket", admin, ticket, resolution="Replaced.")

    history = service.call("ticket_history", admin, ticket_id=ticket["id"]).json()["items"]

    assert [(one["what"], one["before"], one["after"], one["note"], one["by"]) for one in history] == [
        ("state", None, "new", None, str(admin.id)),
        ("state", "new", "open", None, str(agent.id)),
        ("state", "open", "waiting", "Asked for the serial number.", str(agent.id)),
        ("state", "waiting", "solved", "Replaced.", str(admin.id)),
    ]
    assert [one["at"] for one in history] == sorted(one["at"] for one in history)


def test_of_two_who_solve_a_ticket_at_once_one_is_told_that_it_is_solved(service: TestedService, admin: Person):
    ticket = ticket_in(service, admin, "open")

    answers = together(
        10, lambda index: service.call("solve_ticket", admin, ticket_id=ticket["id"], resolution=f"Fix {index}")
    )

    assert sorted(answer.status for answer in answers) == [200] + [409] * 9
    assert service.scalar("SELECT count(*) FROM ticket_history WHERE after = 'solved'") == 1


def test_only_those_whom_the_right_to_change_reaches_move_a_ticket(service: TestedService, admin: Person):
    desk = service.team("Desk")
    mine, other = service.person("Agent", AGENT, teams=[desk]), service.person("Colleague", AGENT, teams=[desk])
    reader = service.person("Reader", {"tickets:read": "all"})
    ticket = taken_in(service, admin, assignee_id=mine.id)

    assert service.call("open_ticket", other, ticket_id=ticket["id"]).status == 404
    assert service.call("open_ticket", reader, ticket_id=ticket["id"]).status == 403
    assert done(service, "open_ticket", mine, ticket)["state"] == "open"

"""Somebody leaves: whoever takes over sees to his tickets."""

from services.tickets.service import TicketsService
from tests.services.handing_over import handed_over, leaves
from tests.services.tickets.factories import ADMIN, AGENT, done, taken_in


def test_tickets_go_over_whatever_their_state_and_the_history_tells(tested):
    service = tested(TicketsService)
    team = service.team("Service")
    admin = service.person("Admin", ADMIN, teams=[team])
    agent, heir = (service.person(name, AGENT, teams=[team]) for name in ("Agent", "Heir"))
    open_one, closed = (taken_in(service, admin, assignee_id=agent.id) for _ in range(2))
    about_heir = taken_in(service, admin, assignee_id=agent.id, kind="complaint", accused_id=heir.id)
    done(service, "open_ticket", agent, closed)
    done(service, "solve_ticket", agent, closed, resolution="Done")
    done(service, "close_ticket", agent, closed)

    leaves(service, agent, heir)
    told = handed_over(service)

    assert told[-1]["moved"] == {"tickets": 3}
    owners = service.scalar("SELECT json_object_agg(id, assignee_id) FROM tickets")
    assert owners == {open_one["id"]: str(heir.id), closed["id"]: str(heir.id), about_heir["id"]: None}
    history = service.call("ticket_history", admin, ticket_id=closed["id"]).body["items"]
    assert (history[-1]["what"], history[-1]["before"], history[-1]["after"]) == (
        "assignee",
        str(agent.id),
        str(heir.id),
    )

"""Somebody leaves: closed at once, handed over service by service, with a list of what he exported."""

from datetime import UTC, datetime

import pytest

from chassis.ids import new_id
from chassis.testing.tested import together
from services.auth.leaving.progress import HAND_OVERS

NOBODY: dict[str, object] = {"moved": {}, "left": None, "finished": False}


@pytest.fixture
def rep(house):
    return house.person("Rep", roles=("sales_rep",))


@pytest.fixture
def heir(house):
    return house.person("Heir", roles=("sales_rep",))


def leave(house, who, user_id, hand_over_to):
    return house.call("let_leave", who, user_id=user_id, hand_over_to=hand_over_to)


def refusal(answer):
    return answer.status, answer.body["type"]


def told(event_class, departure_id, version=1, **state):
    whole = {"moved": {}, "left": 0, "finished": False, "exports": []} | state
    return event_class(aggregate_id=departure_id, version=version, **whole)


def departure_of(house):
    (left,) = [event for event in house.auth.events() if event["type"] == "PersonLeft"]
    return left["aggregate_id"], left["payload"]


def test_the_account_is_closed_at_once_and_the_services_are_told(house, rep, heir):
    answer = leave(house, house.admin, rep.id, heir.id)

    assert answer.status == 202
    assert house.call("get_me", rep).status == 401
    assert house.call("refresh", refresh_token=rep.refresh_token).status == 401
    assert house.attempt(rep.email, "a password of a person").status == 401
    _, payload = departure_of(house)
    assert payload == {"user_id": str(rep.id), "hand_over_to": str(heir.id), "by": str(house.admin.id)}
    last = house.auth.events()[-3:]
    assert {event["type"] for event in last} == {"PersonLeft", "UserChanged", "SessionEnded"}


def test_progress_is_shown_by_service_until_all_have_finished(house, rep, heir):
    job_id = leave(house, house.admin, rep.id, heir.id).body["job_id"]
    departure_id, _ = departure_of(house)

    def looked():
        return house.done("get_departure", user_id=rep.id)

    before = looked()
    assert before["finished_at"] is None
    names = ["campaigns", "customers", "interactions", "tickets"]
    assert before["services"] == [{"service": name, **NOBODY} for name in names]

    house.auth.deliver(told(HAND_OVERS[0], departure_id, 2, moved={"customers": 200}, left=50))
    house.auth.deliver(told(HAND_OVERS[0], departure_id, 1, moved={"customers": 100}, left=150))
    house.auth.run_jobs()
    job = house.done("get_job", job_id=job_id)
    assert (job["state"], job["done"], job["total"]) == ("queued", 200, 250)
    (part,) = [one for one in looked()["services"] if one["service"] == "customers"]
    assert (part["moved"], part["left"], part["finished"]) == ({"customers": 200}, 50, False)

    export = {
        "id": str(new_id()),
        "resource": "customers",
        "filter": '{"field":"name","op":"eq","value":"Secret"}',
        "rows": 250,
        "state": "done",
        "at": datetime.now(UTC).isoformat(),
    }
    for number, event in enumerate(HAND_OVERS):
        house.auth.deliver(told(event, departure_id, 3, moved={"things": number}, exports=[export][number:]))
        house.auth.deliver(told(event, departure_id, 4, moved={"things": number}, finished=True))
    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET lease_until = now() - interval '1 second'")
    house.auth.run_jobs()

    job = house.done("get_job", job_id=job_id)
    assert (job["state"], job["done"]) == ("done", 6)
    assert [(one["service"], one["rows"]) for one in job["result"]["exports"]] == [("customers", 250)]
    after = looked()
    assert after["finished_at"] is not None
    assert after["exports"][0]["filter"] == export["filter"]
    assert "Secret" not in house.auth.scalar("SELECT filter::text FROM departure_exports")


def test_the_same_request_again_starts_nothing_new(house, rep, heir):
    answers = together(4, lambda _: leave(house, house.admin, rep.id, heir.id))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["job_id"] for answer in answers}) == 1
    departure_of(house)
    other = house.person("Other")
    assert refusal(leave(house, house.admin, rep.id, other.id)) == (409, "leaves-to-another")


def test_a_closed_account_can_leave_and_one_that_came_back_can_leave_again(house, rep, heir):
    user = house.done("get_user", user_id=rep.id)
    house.done("change_user", user_id=rep.id, active=False, if_match=f'"{user["version"]}"')
    first = leave(house, house.admin, rep.id, heir.id).body["job_id"]
    user = house.done("get_user", user_id=rep.id)
    house.done("change_user", user_id=rep.id, active=True, if_match=f'"{user["version"]}"')
    assert leave(house, house.admin, rep.id, heir.id).body["job_id"] != first


def test_who_cannot_take_over(house, rep, heir):
    assert refusal(leave(house, house.admin, rep.id, rep.id)) == (409, "cannot-take-over")
    assert refusal(leave(house, house.admin, rep.id, new_id())) == (409, "cannot-take-over")
    closed = house.user("Closed")
    house.done("change_user", user_id=closed["id"], active=False, if_match='"1"')
    assert refusal(leave(house, house.admin, rep.id, closed["id"])) == (409, "cannot-take-over")
    assert leave(house, house.admin, rep.id, heir.id).status == 202
    assert refusal(leave(house, house.admin, heir.id, house.admin.id)) == (409, "still-taking-over")


def test_who_may_let_whom_leave(house, rep, heir):
    team = house.team("Sales")
    lead = house.person_who_may("Lead", {"users:change": "team"}, teams=(team,))
    assert leave(house, rep, house.admin.id, heir.id).status == 403
    assert refusal(leave(house, lead, rep.id, heir.id)) == (404, "not-found")
    member, stronger = (house.person(name, teams=(team,)) for name in ("Member", "Stronger"))
    view = house.done("get_user", user_id=stronger.id)
    role = house.done("create_role", name="More", permissions={"customers:read": "all"})
    house.done("change_user", user_id=stronger.id, roles=[role["id"]], if_match=f'"{view["version"]}"')
    assert refusal(leave(house, lead, stronger.id, member.id)) == (403, "beyond-own-rights")
    assert refusal(leave(house, lead, member.id, heir.id)) == (409, "cannot-take-over")
    assert leave(house, lead, member.id, stronger.id).status == 202
    assert refusal(leave(house, house.admin, house.admin.id, heir.id)) == (409, "leaving-oneself")


def test_it_takes_a_fresh_proof(house, rep, heir):
    weak = house.log_in("admin@example.com", "only for the tests of auth")
    assert refusal(leave(house, weak, rep.id, heir.id)) == (403, "step-up-required")
    assert house.call("get_me", rep).status == 200


def test_what_a_service_tells_of_an_unknown_departure_is_left_aside(house):
    house.auth.deliver(told(HAND_OVERS[0], new_id(), finished=True))
    assert house.auth.scalar("SELECT count(*) FROM departure_parts") == 0

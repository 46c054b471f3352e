"""Why somebody can or cannot see something is explained to those who see both him and the record."""

from typing import Any

import pytest

from chassis import asking
from chassis.errors import Unavailable
from chassis.events import encode
from chassis.ids import new_id
from chassis.requests import Answer
from services.auth.roles import role_id


class Elsewhere:
    """Stands in for the other services; that they are reached is shown end to end."""

    def __init__(self):
        self.answer: Any = Answer(status=200, body=b"{}")
        self.asked: list[Any] = []

    def __call__(self, amqp_url, question):
        """Answer as the service would."""
        self.asked.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def elsewhere(monkeypatch):
    stand_in = Elsewhere()
    monkeypatch.setattr(asking, "_ask", stand_in)
    return stand_in


@pytest.fixture
def rep(house):
    return house.person("Rep", roles=("sales_rep",), teams=(house.team("East"),))


def explained(house, rep, **query):
    return house.done("explain", user_id=rep.id, **query)


def test_permissions_are_told_with_the_roles_that_they_come_from(house, rep):
    told = explained(house, rep)
    (read,) = [one for one in told["permissions"] if one["permission"] == "customers:read"]
    assert read == {"permission": "customers:read", "reach": "team", "roles": ["sales_rep"]}
    assert (told["active"], told["fields"], told["record"]) == (True, [], None)
    assert "customers:read reaches team (sales_rep)" in told["reasons"]


def test_several_roles_are_told_with_the_widest_reach(house, rep):
    roles = [role_id("sales_rep"), role_id("analyst")]
    house.done("change_user", user_id=rep.id, roles=roles, if_match='"1"')
    told = explained(house, rep, resource="customers", field="phone")
    (read,) = [one for one in told["permissions"] if one["permission"] == "customers:read"]
    assert read == {"permission": "customers:read", "reach": "all", "roles": ["analyst", "sales_rep"]}
    assert told["fields"] == [{"field": "phone", "own": "full", "others": "masked", "roles": ["analyst", "sales_rep"]}]


def test_fields_are_told_for_own_records_and_those_of_others(house, rep):
    told = explained(house, rep, resource="customers")
    fields = {one["field"]: (one["own"], one["others"]) for one in told["fields"]}
    assert (fields["phone"], fields["revenue"]) == (("full", "masked"), ("full", "full"))
    assert "phone: full in own records, else masked (sales_rep)" in told["reasons"]
    assert "tickets:read" not in {one["permission"] for one in told["permissions"]}


def test_the_owner_of_a_record_is_asked_with_the_token_of_whoever_asks(house, rep, elsewhere):
    said = {"sees": True, "changes": False, "relation": "team", "by_share": False}
    elsewhere.answer = Answer(status=200, body=encode(said))
    record = new_id()
    told = explained(house, rep, resource="customers", record_id=record)
    assert told["record"] == said
    assert "The record is of one of the person's teams" in told["reasons"]
    arguments = {"user_id": str(rep.id), "resource": "customers", "record_id": str(record)}
    (question,) = elsewhere.asked
    assert (question.service, question.operation, question.arguments) == ("customers", "explain_access", arguments)
    assert (question.token, question.asked_by) == (house.admin.person.token, "auth")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(status=404, body=b'{"type": "not-found", "title": "There is no such record"}'), 404),
        (Unavailable(), 503),
    ],
)
def test_what_the_owner_refuses_is_passed_on(house, rep, elsewhere, answer, status):
    elsewhere.answer = answer
    asked = house.call("explain", house.admin, user_id=rep.id, resource="tickets", record_id=new_id())
    assert asked.status == status


def test_people_are_records_of_auth_itself(house, rep):
    told = explained(house, rep, resource="users", record_id=house.admin.id)
    assert told["record"]["sees"] is False
    lead = house.person("Lead", roles=("sales_manager",))
    assert house.call("explain", lead, user_id=lead.id, resource="users", record_id=rep.id).status == 404


def test_a_closed_account_can_do_nothing(house, rep):
    house.done("change_user", user_id=rep.id, active=False, if_match='"1"')
    told = explained(house, rep, resource="customers", record_id=new_id())
    assert (told["active"], told["record"], told["reasons"][0]) == (False, None, "The account is closed")


def test_only_people_in_reach_are_explained_and_only_what_there_is(house, rep):
    other = house.person("Other")
    lead = house.person("Lead", roles=("sales_manager",), teams=(house.team("West"),))
    assert house.call("explain", rep, user_id=other.id).status == 403
    assert house.call("explain", lead, user_id=other.id).status == 404
    assert house.call("explain", house.admin, user_id=other.id, field="phone").status == 422
    assert house.call("explain", house.admin, user_id=other.id, resource="customers", field="fur").status == 422
    assert house.call("explain", house.admin, user_id=other.id, resource="cats").status == 422

"""Scores of many customers together, as far as somebody sees them."""

import pytest

from tests.services.customers.factories import ADMIN, LEAD, REP, created, enforcing, pooled
from tests.services.customers.quality.factories import asked, standard


@pytest.fixture
def admin(customers):
    enforcing(customers)
    return customers.person("Admin", ADMIN)


@pytest.fixture
def people(customers, admin):
    """A team of two, and somebody in another one."""
    standard(customers, admin, criteria=asked(phone=(3, None), city=(1, None)))
    east, west = customers.team("East"), customers.team("West")
    people = {
        "rep": customers.person("Rep", REP, teams=[east]),
        "lead": customers.person("Lead", LEAD, teams=[east]),
        "other": customers.person("Other", REP, teams=[west]),
    }
    created(customers, people["rep"], name="Full", phone="+49 40 123456", city="Kiel")
    created(customers, people["rep"], name="Wrong", phone="no number 1")
    created(customers, people["lead"], name="Empty")
    created(customers, people["other"], name="Elsewhere")
    pooled(customers, admin, name="Pooled", city="Kiel")
    return people | {"admin": admin, "east": east, "west": west}


def report(customers, who, **search):
    answer = customers.call("report_quality", who, **search)
    assert answer.status == 200, answer.body
    return answer.body


def listed(customers, who, **search):
    answer = customers.call("customers_by_quality", who, **search)
    assert answer.status == 200, answer.body
    return [one["name"] for one in answer.body["items"]]


def test_a_report_has_counts_averages_distribution_and_the_worst_fields(customers, people):
    told = report(customers, people["admin"], by="team")
    assert told["all"] == {
        "customers": 5,
        "score": 64.2,
        "completeness": 40.0,
        "validity": 80.0,
        "freshness": 100.0,
        "distribution": [0, 0, 3, 1, 1],
    }
    by_team = {one["id"]: (one["customers"], one["score"]) for one in told["items"]}
    assert by_team == {str(people["east"]): (3, 69.3), str(people["west"]): (1, 50.0), None: (1, 63.0)}
    assert told["fields"] == [
        {"field": "phone", "missing": 3, "invalid": 1, "stale": 0},
        {"field": "city", "missing": 3, "invalid": 0, "stale": 0},
    ]


@pytest.mark.parametrize("by", ["owner", "team", "pool", "stage", "kind"])
def test_groups_add_up_to_all(customers, people, by):
    told = report(customers, people["admin"], by=by)
    assert sum(one["customers"] for one in told["items"]) == told["all"]["customers"] == 5


def test_everybody_is_told_of_what_he_sees(customers, people):
    seen = {name: report(customers, people[name])["all"]["customers"] for name in ("admin", "lead", "rep", "other")}
    assert seen == {"admin": 5, "lead": 4, "rep": 3, "other": 2}  # those in the pool, too
    assert listed(customers, people["other"]) == ["Elsewhere", "Pooled"]
    assert set(listed(customers, people["lead"])) == {"Empty", "Wrong", "Pooled", "Full"}
    assert report(customers, customers.person("New", {"customers:read": "own"}))["all"] == {
        "customers": 0,
        "score": None,
        "completeness": None,
        "validity": None,
        "freshness": None,
        "distribution": [0, 0, 0, 0, 0],
    }


def test_reports_and_lists_are_about_some_customers(customers, people):
    admin, rep = people["admin"], people["rep"]
    assert report(customers, admin, owner_id=str(rep.id), lifecycle_stage="lead")["all"]["customers"] == 2
    assert report(customers, admin, kind="person")["all"]["customers"] == 0
    assert listed(customers, admin, below=60, team_id=str(people["west"])) == ["Elsewhere"]
    assert listed(customers, admin, lacks="phone", owner_id=str(rep.id)) == ["Wrong"]


def test_the_list_is_in_the_order_of_scores_and_paged(customers, people):
    admin, names, cursor = people["admin"], [], None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = customers.call("customers_by_quality", admin, limit=2, sort="-score", **more).body
        names += [(one["score"], one["name"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [score for score, _ in names] == sorted((score for score, _ in names), reverse=True)
    assert {name for _, name in names} == {"Full", "Wrong", "Empty", "Elsewhere", "Pooled"}
    assert names[0] == (100, "Full")

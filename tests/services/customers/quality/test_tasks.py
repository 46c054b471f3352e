"""Tasks about the data of customers: each once, for whoever owns the customer, seen by whom it may concern."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import now
from services.customers.tasks import making
from services.customers.tasks.making import Wanted
from tests.services.customers.factories import ADMIN, LEAD, REP, created

DAY = timedelta(days=1)


@pytest.fixture
def team(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, team):
    return customers.person("Rep", REP, teams=[team])


@pytest.fixture
def lead(customers, team):
    return customers.person("Lead", LEAD | {"customers:merge": "team"}, teams=[team])


def wanted(customer, kind="missing", due=DAY, about=("phone",), **more):
    whose: dict[str, Any] = {name: UUID(customer[name]) if customer[name] else None for name in ("owner_id", "team_id")}
    return Wanted(customer_id=UUID(customer["id"]), kind=kind, due_at=now() + due, about=about, **whose, **more)


def make(customers, *tasks):
    with customers.session() as session:
        return making.make(session, tasks)


def settle(customers, customer, kind="missing"):
    with customers.session() as session:
        making.settle(session, kind, [UUID(customer["id"])])


def found(customers, who, **search):
    answer = customers.call("find_tasks", who, **search)
    assert answer.status == 200, answer.body
    return answer.body["items"]


def changes(customers):
    told = [one for one in customers.events() if one["type"] == "CustomerTaskChanged"]
    return [(one["aggregate_id"], one["payload"]["state"], one["payload"]["owner_id"]) for one in told]


def test_a_task_is_made_once_however_many_make_it(customers, rep):
    customer = created(customers, rep)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make(customers, wanted(customer)), range(8)))
    assert sum(made) == 1
    (task,) = found(customers, rep)
    assert (task["customer_name"], task["about"], task["owner_id"]) == (customer["name"], ["phone"], str(rep.id))
    assert changes(customers) == [(task["id"], "open", str(rep.id))]
    assert make(customers, wanted(customer, subject="another")) == 1


def test_what_is_right_is_done_by_itself_and_may_be_asked_again(customers, rep):
    customer = created(customers, rep)
    make(customers, wanted(customer))
    settle(customers, customer)
    (done,) = found(customers, rep, state="done")
    assert (done["closed_by"], done["closed_at"] is not None, done["version"]) == (None, True, 2)
    assert make(customers, wanted(customer)) == 1


def test_what_was_dismissed_is_asked_again_only_after_it_has_been_right(customers, rep):
    customer = created(customers, rep)
    make(customers, wanted(customer))
    (task,) = found(customers, rep)
    answer = customers.call("dismiss_task", rep, task_id=task["id"], reason="Has no telephone")
    assert (answer.status, answer.body["state"], answer.body["closed_by"]) == (200, "dismissed", str(rep.id))
    again = customers.call("dismiss_task", rep, task_id=task["id"], reason="Has none")
    assert (again.status, again.body["type"].rsplit("/", 1)[-1]) == (409, "task-closed")
    assert make(customers, wanted(customer)) == 0
    settle(customers, customer)
    assert make(customers, wanted(customer)) == 1
    (kept,) = found(customers, rep, state="dismissed")
    assert kept["reason"] == "Has no telephone"


def test_lists_are_filtered_sorted_and_paged(customers, rep, lead):
    mine = [created(customers, rep, name=f"Mine {number}") for number in range(3)]
    make(customers, *(wanted(one, due=(number - 1) * DAY) for number, one in enumerate(mine)))
    make(customers, wanted(created(customers, lead, name="Lead's"), kind="stale"))
    assert [one["customer_name"] for one in found(customers, rep)] == ["Mine 0", "Mine 1", "Mine 2"]
    assert [one["customer_name"] for one in found(customers, rep, sort="-due_at", limit=1)] == ["Mine 2"]
    assert [one["customer_name"] for one in found(customers, rep, overdue=True)] == ["Mine 0", "Mine 1"]
    assert len(found(customers, lead)) == 4
    assert [one["customer_name"] for one in found(customers, lead, kind="stale")] == ["Lead's"]
    assert len(found(customers, lead, owner_id=str(rep.id), customer_id=mine[0]["id"])) == 1
    first = customers.call("find_tasks", lead, limit=3).body
    (last,) = found(customers, lead, limit=3, cursor=first["next_cursor"])
    assert last["id"] not in {one["id"] for one in first["items"]}


def test_tasks_follow_the_customer_and_are_nobodys_in_a_pool(customers, rep, lead):
    customer = created(customers, rep)
    make(customers, wanted(customer))
    (task,) = found(customers, rep)
    assert customers.call("release_customer", rep, customer_id=customer["id"]).status == 200
    assert found(customers, rep) == []
    assert customers.call("get_task", customers.person("Admin", ADMIN), task_id=task["id"]).status == 404
    assert customers.call("claim_customer", lead, customer_id=customer["id"]).status == 200
    (his,) = found(customers, lead, owner_id=str(lead.id))
    assert (his["id"], his["version"]) == (task["id"], 3)
    assert [owner for _, _, owner in changes(customers)] == [str(rep.id), None, str(lead.id)]


def test_tasks_are_as_far_away_as_their_customers(customers, rep, lead):
    customer = created(customers, rep)
    make(customers, wanted(customer))
    (task,) = found(customers, lead)
    stranger = customers.person("Stranger", REP)
    assert customers.call("get_task", stranger, task_id=task["id"]).status == 404
    assert customers.call("dismiss_task", stranger, task_id=task["id"], reason="No").status == 404
    assert found(customers, stranger) == []
    assert customers.call("count_tasks", stranger).body == {"items": []}
    assert customers.call("get_task", rep, task_id=task["id"]).body == task


def test_what_is_about_hidden_fields_only_is_not_shown(customers, rep, team):
    make(customers, wanted(created(customers, rep, name="Phone")))
    make(customers, wanted(created(customers, rep, name="Both"), about=["phone", "city"]))
    make(customers, wanted(created(customers, rep, name="Contact"), about=["contact"]))
    make(customers, wanted(created(customers, rep, name="Any"), about=[]))
    hidden = {"customers": {"phone": {"own": "full", "others": "hidden"}}}
    blind = customers.person("Blind", LEAD, teams=[team], field_rules=hidden)
    assert {one["customer_name"]: one["about"] for one in found(customers, blind)} == {"Both": ["city"], "Any": []}
    assert customers.call("count_tasks", blind).body["items"][0]["open"] == 2
    hidden_ones = {one["id"] for one in found(customers, rep)} - {one["id"] for one in found(customers, blind)}
    for task_id in hidden_ones:
        assert customers.call("get_task", blind, task_id=task_id).status == 404
        assert customers.call("dismiss_task", blind, task_id=task_id, reason="No").status == 404
    make(customers, wanted(created(customers, blind, name="Own")))
    assert [one["about"] for one in found(customers, blind, owner_id=str(blind.id))] == [["phone"]]


def test_open_tasks_are_counted_by_team_and_by_owner(customers, rep, lead, team):
    make(customers, *(wanted(created(customers, rep, name=f"{one}"), due=-DAY) for one in range(3)))
    make(customers, wanted(created(customers, lead, name="His"), kind="stale"))
    by_team = customers.call("count_tasks", lead).body["items"]
    assert by_team == [
        {"id": str(team), "kind": "missing", "open": 3, "overdue": 3},
        {"id": str(team), "kind": "stale", "open": 1, "overdue": 0},
    ]
    by_owner = customers.call("count_tasks", lead, by="owner", team_id=str(team)).body["items"]
    assert [(one["id"], one["open"]) for one in by_owner] == [(str(rep.id), 3), (str(lead.id), 1)]


def test_tasks_go_with_a_merge_and_come_back_with_its_end(customers, rep, lead):
    one, other = created(customers, lead, name="One"), created(customers, rep, name="Other")
    make(customers, wanted(one), wanted(other), wanted(other, subject="more"))
    before = found(customers, lead)
    proved = customers.stepped_up(lead)
    merge = customers.call("merge_customers", proved, customer_id=one["id"], losers=[other["id"]])
    assert merge.status == 202, merge.body
    assert {(task["customer_id"], task["subject"]) for task in found(customers, lead, owner_id=str(lead.id))} == {
        (one["id"], ""),
        (one["id"], "more"),
    }
    customers.call("unmerge_customers", proved, merge_id=merge.body["id"])
    shown = ("id", "customer_id", "owner_id", "kind", "subject", "due_at")
    assert [[task[name] for name in shown] for task in found(customers, lead)] == [
        [task[name] for name in shown] for task in before
    ]

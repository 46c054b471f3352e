"""Tasks that follow from scores: for owners, as many as they can do, done by themselves."""

from datetime import datetime, timedelta

import pytest

from chassis.clock import now
from chassis.timers import set_timer
from services.customers.quality import cleaning, rescoring
from tests.services.customers.factories import ADMIN, REP, created, enforcing, etag, pooled
from tests.services.customers.quality.factories import asked, begin_day, frozen, standard

DAY = timedelta(days=1)


@pytest.fixture
def admin(customers):
    enforcing(customers)
    return customers.person("Admin", ADMIN)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def strict(customers, admin):
    criteria = asked(phone=(3, 30), city=(1, None))
    return standard(customers, admin, criteria=criteria, tasks=["missing", "invalid", "stale"], due_days=7)


def tasks(customers, who, **search):
    return customers.call("find_tasks", who, **search).body["items"]


def test_owners_get_tasks_with_what_is_to_be_mended_and_when(customers, admin, rep, strict, monkeypatch):
    clock = frozen(monkeypatch)
    created(customers, rep, name="Wrong", phone="no number 1")
    created(customers, rep, name="Right", phone="+49 40 123456", city="Kiel")
    pooled(customers, admin, name="Nobody's")
    begin_day(customers)
    told = {(one["customer_name"], one["kind"]): one["about"] for one in tasks(customers, rep)}
    assert told == {("Wrong", "missing"): ["city"], ("Wrong", "invalid"): ["phone"]}
    assert {datetime.fromisoformat(one["due_at"]) for one in tasks(customers, rep)} == {clock.now + 7 * DAY}
    assert tasks(customers, admin) == tasks(customers, rep)


def test_the_same_is_not_asked_twice(customers, rep, strict):
    created(customers, rep, name="Wrong", phone="no number 1")
    begin_day(customers)
    (one, other) = tasks(customers, rep)
    customers.call("dismiss_task", rep, task_id=one["id"], reason="It is so")
    begin_day(customers)
    assert tasks(customers, rep) == [other]


def test_what_was_mended_is_done_at_once_and_what_is_left_stays(customers, rep, strict):
    customer = created(customers, rep, name="Wrong")
    begin_day(customers)
    (task,) = tasks(customers, rep)
    assert task["about"] == ["phone", "city"]
    changed = customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(customer), city="Kiel")
    assert tasks(customers, rep)[0]["about"] == ["phone"]
    customers.call(
        "change_customer", rep, customer_id=customer["id"], if_match=etag(changed.body), phone="+49 40 123456"
    )
    assert tasks(customers, rep) == []
    (done,) = tasks(customers, rep, state="done")
    assert (done["id"], done["closed_by"]) == (task["id"], None)


def test_what_has_become_too_old_is_asked_and_confirming_it_is_the_answer(customers, rep, strict, monkeypatch):
    clock = frozen(monkeypatch)
    customer = created(customers, rep, phone="+49 40 123456", city="Kiel")
    begin_day(customers)
    assert tasks(customers, rep) == []
    clock.pass_by(days=31)
    begin_day(customers)
    assert [(one["kind"], one["about"]) for one in tasks(customers, rep)] == [("stale", ["phone"])]
    customers.call("verify_customer", rep, customer_id=customer["id"], fields=["phone"])
    assert tasks(customers, rep) == []


def test_nobody_has_more_tasks_than_he_can_do_and_the_worst_come_first(customers, rep, strict, monkeypatch):
    monkeypatch.setattr(cleaning, "MOST_OPEN", 2)
    better = created(customers, rep, name="Better", phone="+49 40 123456")
    for number in range(2):
        created(customers, rep, name=f"Worse {number}")
    begin_day(customers)
    assert {one["customer_name"] for one in tasks(customers, rep)} == {"Worse 0", "Worse 1"}
    begin_day(customers)
    assert len(tasks(customers, rep)) == 2
    customers.call("dismiss_task", rep, task_id=tasks(customers, rep)[0]["id"], reason="It is so")
    begin_day(customers)
    assert better["id"] in {one["customer_id"] for one in tasks(customers, rep)}


def test_a_day_begins_by_itself_and_an_administrator_need_not_wait(customers, admin, rep, strict):
    created(customers, rep)
    with customers.session() as session:
        set_timer(session, rescoring.TIMER, rescoring.THE_ONE, now())
    customers.fire_timers()
    customers.run_jobs()
    assert len(tasks(customers, rep)) == 1
    assert customers.scalar("SELECT due_at > now() FROM timers WHERE kind = 'quality_day'")
    created(customers, rep, name="Another")
    answer = customers.call("start_cleaning", admin)
    assert answer.status == 202
    customers.run_jobs()
    assert customers.call("get_job", admin, job_id=answer.body["job_id"]).body["result"] == {"fallen": 0, "made": 1}
    assert len(tasks(customers, rep)) == 2

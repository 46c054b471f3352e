"""The date of the next contact comes by itself, on time and once."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from devservers.ports import wait_until
from tests.conftest import Tell
from tests.e2e.live import listening
from tests.e2e.people import Company, new_customer
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e


def test_a_follow_up_reminds_once_and_not_before_its_time(company: Company, tell: Tell):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)
    due_at = datetime.now(UTC) + timedelta(seconds=3)
    with listening(rep) as listener:
        planned = plan(rep, customer, due_at)
        assert rep.get("/reminders").ok()["items"] == []

        listener.wait_for(planned, "FollowUpDue")
        came_at = datetime.now(UTC)
        time.sleep(3)

        reminders = rep.get("/reminders").ok()["items"]
        assert [(one["follow_up_id"], one["customer_id"]) for one in reminders] == [(planned, customer)]
        assert listener.heard_of(planned).count("FollowUpDue") == 1
        assert due_at <= came_at
        tell(f"the reminder came {(came_at - due_at).total_seconds():.2f} s after its time")


def test_a_reminder_that_fell_due_while_nobody_worked_comes_afterwards_once(suite: WholeSuite, company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)

    planned = plan(rep, customer, datetime.now(UTC) + timedelta(seconds=1))
    suite.kill_and_wait("interactions-work")
    wait_until(lambda: bool(rep.get("/reminders").ok()["items"]), "the reminder", 10)
    time.sleep(2)

    assert [one["follow_up_id"] for one in rep.get("/reminders").ok()["items"]] == [planned]


def plan(rep, customer: str, due_at: datetime) -> str:
    """Plan the next contact; answers the id of the follow-up."""
    body = {"due_at": due_at.isoformat(), "note": "Send the quotation"}
    return str(rep.post(f"/customers/{customer}/follow-up", body).ok()["id"])

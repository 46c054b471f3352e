"""What is cancelled really stops and says what was done; what must not be left half done refuses, and says why."""

import pytest

from tests.services.privacy.planted import OFFICER, entered, plant
from tests.services.privacy.suite import Suite


@pytest.fixture
def suite(tested):
    return Suite(tested)


@pytest.fixture
def who(suite):
    return suite.person("Officer", OFFICER)


@pytest.fixture
def customer_id(suite, who):
    return plant(suite, who).customer_id


def ordered(suite, who, operation, **person):
    answer = suite.customers.call(operation, suite.customers.stepped_up(who["customers"]), **person)
    assert answer.status == 202, answer.body
    return answer.body["id"]


def cancelled(suite, who, request_id):
    return suite.customers.call("cancel_privacy_request", who["customers"], request_id=request_id)


def looked_at(suite, who, request_id):
    return suite.customers.call("get_privacy_request", who["customers"], request_id=request_id).body


def test_an_erasure_is_not_cancelled_and_says_how_far_it_is(suite, who, customer_id):
    suite.down.add("tickets")
    request_id = ordered(suite, who, "order_erasure", customer_id=customer_id)
    suite.settle()
    refused = cancelled(suite, who, request_id)
    assert (refused.status, refused.body["type"]) == (409, "erasure-must-finish")
    assert refused.body["detail"] == "4 of 5 services have done their part"
    suite.down.clear()
    suite.settle()
    assert looked_at(suite, who, request_id)["state"] == "done"


def test_the_part_of_one_service_is_not_cancelled_by_itself(suite, who, customer_id):
    ordered(suite, who, "order_erasure", customer_id=customer_id)
    suite._carry()
    mine = suite.customers.call("list_jobs", who["customers"]).body["items"]
    waiting = {one["kind"]: one["id"] for one in mine if one["state"] == "queued"}
    assert set(waiting) == {"erase_person", "follow_privacy_request"}
    for job_id in waiting.values():
        refused = suite.customers.call("cancel_job", who["customers"], job_id=job_id)
        assert (refused.status, refused.body["type"]) == (409, "job-must-finish")
        assert "cancelled whole" in refused.body["detail"]


@pytest.mark.parametrize("operation", ["order_export", "order_erasure"])
def test_what_is_only_looked_at_stops_where_it_has_not_begun(suite, who, customer_id, operation):
    """An export, or a rehearsal: one service is down, and does nothing when it comes back."""
    suite.down.add("tickets")
    rehearsal = {"dry_run": True} if operation == "order_erasure" else {}
    request_id = ordered(suite, who, operation, customer_id=customer_id, **rehearsal)
    suite.settle()
    assert cancelled(suite, who, request_id).body["cancelled_by"] == str(who["customers"].id)
    suite.down.clear()
    suite.settle()
    seen = looked_at(suite, who, request_id)
    stopped = {receipt["service"]: receipt["stopped"] for receipt in seen["receipts"]}
    assert (seen["state"], seen["missing"]) == ("cancelled", [])
    assert [name for name, one in stopped.items() if one] == ["tickets"]
    assert suite.tickets.scalar("SELECT count(*) FROM jobs WHERE state = 'done'") == 0


def test_a_hand_over_is_not_cancelled(suite, who):
    leaver, heir, admin = (suite.customers.person(name, OFFICER) for name in ("Leaver", "Heir", "Admin"))
    entered(suite.customers, {"customers": leaver}, "create_customer", name="His")
    from chassis.identity.events import PersonLeft
    from chassis.ids import new_id

    left = PersonLeft(aggregate_id=new_id(), version=1, user_id=leaver.id, hand_over_to=heir.id, by=admin.id)
    suite.customers.deliver(left)
    (job,) = suite.customers.call("list_jobs", admin).body["items"]
    refused = suite.customers.call("cancel_job", admin, job_id=job["id"])
    assert refused.body["type"] == "job-must-finish"
    assert "his successor" in refused.body["detail"]

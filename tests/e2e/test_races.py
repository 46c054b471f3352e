"""Many at the same moment, through the gateway."""

from collections import Counter
from uuid import uuid4

import pytest

from chassis.testing.tested import together
from tests.e2e.people import Company, new_customer
from tests.e2e.person import Person

pytestmark = pytest.mark.e2e

CLAIMS = 200
CREATES = 50


def test_of_two_hundred_parallel_claims_exactly_one_wins(company: Company):
    team = company.team("East")
    reps = [company.hire("sales_rep", team) for _ in range(4)]
    customer = new_customer(reps[0], in_pool=True)

    replies = together(CLAIMS, lambda number: reps[number % len(reps)].post(f"/customers/{customer}/claim"))

    assert Counter(reply.status for reply in replies) == {200: 1, 409: CLAIMS - 1}
    assert {reply.problem for reply in replies if reply.status == 409} == {"already-claimed"}
    owners = company.admin.get(f"/customers/{customer}/owners").ok()["items"]
    assert [line["how"] for line in owners if line["how"] == "claim"] == ["claim"]


def test_fifty_parallel_creates_with_one_key_make_one_customer(company: Company):
    rep = company.hire("sales_rep", company.team("West"))
    name, key = f"Example {uuid4().hex[:8]} Ltd", str(uuid4())

    replies = together(CREATES, lambda _: rep.post("/customers", {"name": name}, key=key))

    created = {reply.ok()["id"] for reply in replies if reply.status == 201}
    assert {reply.status for reply in replies} <= {201, 409}
    assert {reply.problem for reply in replies if reply.status == 409} <= {"idempotency-key-in-use"}
    assert all(reply.headers["Retry-After"] for reply in replies if reply.status == 409)
    assert len(created) == 1
    assert [customer["id"] for customer in rep.all_of("/customers", q=name)] == list(created)


def test_a_request_with_the_same_key_is_answered_as_before_and_another_body_is_refused(company: Company):
    rep = company.hire("sales_rep", company.team("North"))
    body, key = {"name": f"Example {uuid4().hex[:8]} Ltd"}, str(uuid4())

    first = rep.post("/customers", body, key=key)
    again = rep.post("/customers", body, key=key)
    other = rep.post("/customers", {"name": "Another"}, key=key)

    assert (again.status, again.content, again.etag) == (first.status, first.content, first.etag)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.problem) == (422, "idempotency-key-reused")


def test_of_two_changes_of_the_same_version_one_is_refused(company: Company, admin: Person):
    customer = new_customer(admin)
    etag = admin.get(f"/customers/{customer}").etag

    replies = together(2, lambda number: admin.patch(f"/customers/{customer}", {"city": f"City {number}"}, etag))

    assert sorted(reply.status for reply in replies) == [200, 412]
    assert admin.patch(f"/customers/{customer}", {"city": "Hamburg"}, None).status == 428
    changed = admin.get(f"/customers/{customer}")
    assert changed.etag != etag
    assert admin.patch(f"/customers/{customer}", {"city": "Hamburg"}, changed.etag).ok()["city"] == "Hamburg"

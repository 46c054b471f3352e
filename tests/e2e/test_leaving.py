"""Sharing and leaving, seen from outside: through the gateway and all services."""

import time

import pytest

from devservers.ports import wait_until
from tests.e2e.people import Company, new_customer
from tests.e2e.person import Person

pytestmark = pytest.mark.e2e


def statuses(person: Person, paths: list[str]) -> set[int]:
    return {person.get(path).status for path in paths}


def seconds_until(person: Person, paths: list[str], status: int) -> float:
    begin = time.monotonic()
    wait_until(lambda: statuses(person, paths) == {status}, f"{status} everywhere", 10)
    return time.monotonic() - begin


def test_a_partner_sees_what_is_shared_with_him_on_the_whole_page_until_it_is_revoked(
    company: Company, record_property
):
    owner = company.hire("sales_rep", company.team("East"))
    partner = company.hire("partner", company.team("Agency"))
    customer, other = new_customer(owner), new_customer(owner)
    pages = [f"/customers/{customer}", f"/customers/{customer}/timeline", f"/customers/{customer}/tickets"]
    assert statuses(partner, [*pages, f"/customers/{other}"]) == {404}

    share = owner.post(f"/customers/{customer}/shares", {"grantee_id": partner.id}).ok()
    record_property("seconds until shared", seconds_until(partner, pages, 200))
    assert partner.get(f"/customers/{customer}/overview").ok()["missing"] == [
        {"part": "campaigns", "reason": "forbidden"}
    ]
    assert [one["id"] for one in partner.all_of("/customers")] == [customer]
    assert partner.get(f"/customers/{other}").status == 404

    owner.call("DELETE", f"/customers/{customer}/shares/{share['id']}").ok()
    record_property("seconds until revoked", seconds_until(partner, pages, 404))
    assert list(partner.all_of("/customers")) == []


def test_whoever_leaves_is_refused_at_once_and_owns_nothing_afterwards(company: Company, record_property):
    team = company.team("East")
    leaver, heir, owner = (company.hire("sales_manager", team) for _ in range(3))
    leaver_id, heir_id = leaver.id, heir.id
    customers = [new_customer(leaver) for _ in range(3)]
    due = {"due_at": "2030-01-31T09:00:00Z"}
    follow_up = leaver.post(f"/customers/{customers[0]}/follow-up", due).ok()
    order = {"customer_id": customers[0], "kind": "service_request", "subject": "Hums", "assignee_id": leaver_id}
    ticket = leaver.post("/tickets", order).ok()
    shared = new_customer(owner)
    owner.post(f"/customers/{shared}/shares", {"grantee_id": leaver_id}).ok()

    company.admin.step_up()
    job = company.admin.post(f"/users/{leaver_id}/leave", {"hand_over_to": heir_id}).ok()["job_id"]
    everywhere = ["/me", "/customers", "/interactions", "/tickets", "/campaigns"]
    record_property("seconds until refused", seconds_until(leaver, everywhere, 401))
    wait_until(lambda: company.admin.get(f"/jobs/auth/{job}").ok()["state"] == "done", "everything handed over", 60)

    result = company.admin.get(f"/jobs/auth/{job}").ok()["result"]
    moved = {part["service"]: part["moved"] for part in result["services"]}
    assert moved["customers"] == {"customers": 3}
    assert moved["interactions"]["follow_ups"] == 1
    assert moved["tickets"] == {"tickets": 1}
    assert {company.admin.get(f"/customers/{one}").ok()["owner_id"] for one in customers} == {heir_id}
    assert company.admin.get(f"/tickets/{ticket['id']}").ok()["assignee_id"] == heir_id
    assert follow_up["id"] in [one["id"] for one in heir.all_of("/follow-ups")]
    assert company.admin.get(f"/customers/{shared}/shares").ok()["items"] == []
    assert company.admin.get(f"/users/{leaver_id}/departure").ok()["finished_at"] is not None

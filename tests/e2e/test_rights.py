"""Who may do what, seen from outside."""

import time

import pytest

from tests.conftest import Tell
from tests.e2e.people import Company, new_customer
from tests.e2e.refusals import EVERYWHERE, seconds_until, seconds_until_refused, span

pytestmark = pytest.mark.e2e


def test_logging_out_counts_everywhere(company: Company, tell: Tell):
    rep = company.hire("sales_rep", company.team("East"))
    assert [rep.get(path).status for path in EVERYWHERE] == [200] * len(EVERYWHERE)

    rep.post("/auth/logout").ok()

    tell(f"who has logged out is refused after {span(seconds_until_refused(rep))}")


def test_a_stranger_finds_nothing_where_a_colleague_finds_the_record(company: Company):
    team, elsewhere = company.team("East"), company.team("West")
    owner, colleague, stranger = (
        company.hire("sales_rep", team),
        company.hire("sales_rep", team),
        company.hire("sales_rep", elsewhere),
    )
    customer = new_customer(owner)
    logged = owner.post(f"/customers/{customer}/interactions", {"kind": "call", "subject": "Prices"}).ok()
    ticket = owner.post("/tickets", {"customer_id": customer, "kind": "service_request", "subject": "Hums"}).ok()
    records = [f"/customers/{customer}", f"/customers/{customer}/overview", f"/interactions/{logged['id']}"]
    records.append(f"/tickets/{ticket['id']}")

    assert [colleague.get(path).status for path in records] == [200] * len(records)
    assert [stranger.get(path).status for path in records] == [404] * len(records)
    assert stranger.get(records[0]).body.keys() == stranger.get(f"/customers/{ticket['id']}").body.keys()
    assert stranger.post(f"/customers/{customer}/release").status == 404
    assert customer not in [one["id"] for one in stranger.all_of("/customers")]


def test_who_has_no_permission_at_all_is_told_so(company: Company):
    marketer = company.hire("marketer", company.team("Marketing"))

    refused = marketer.post("/customers", {"name": "Example Ltd"})

    assert (refused.status, refused.problem) == (403, "forbidden")


def test_a_new_permission_counts(company: Company, admin_role: str, tell: Tell):
    analyst = company.hire("analyst")
    assert analyst.post("/customers", {"name": "Example Ltd"}).status == 403

    user = company.admin.get(f"/users/{analyst.id}")
    company.admin.patch(f"/users/{analyst.id}", {"roles": [*user.ok()["roles"], admin_role]}, user.etag).ok()

    may = seconds_until(time.monotonic(), may=lambda: analyst.post("/customers", {"name": "Example Ltd"}).status == 201)
    tell(f"a new permission counts after {span(may)}")


def test_without_a_token_only_what_is_public_is_answered(company: Company):
    anybody = company.admin

    for path in EVERYWHERE:
        refused = anybody.call("GET", path, anonymous=True)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert anybody.call("GET", "/auth/keys", anonymous=True).ok()["keys"]


def test_a_refresh_token_works_once_and_its_theft_ends_the_session(company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    login = {"email": rep.email, "password": rep.password}
    first = rep.post("/auth/login", login, anonymous=True).ok()
    second = rep.post("/auth/refresh", {"refresh_token": first["refresh_token"]}, anonymous=True).ok()

    stolen = rep.post("/auth/refresh", {"refresh_token": first["refresh_token"]}, anonymous=True)
    after = rep.post("/auth/refresh", {"refresh_token": second["refresh_token"]}, anonymous=True)

    assert (stolen.status, after.status) == (401, 401)


def test_why_somebody_sees_a_record_is_asked_of_the_service_that_has_it(company: Company):
    team, elsewhere = company.team("East"), company.team("West")
    owner, colleague = company.hire("sales_rep", team), company.hire("sales_rep", team)
    stranger = company.hire("sales_rep", elsewhere)
    customer = new_customer(owner, phone="+8613800000005")
    ticket = owner.post("/tickets", {"customer_id": customer, "kind": "service_request", "subject": "Hums"}).ok()

    def explained(person, resource, record_id):
        path = f"/users/{person.id}/access"
        return company.admin.get(path, resource=resource, record_id=record_id).ok()["record"]

    told = {who.email: explained(who, "customers", customer) for who in (owner, colleague, stranger)}
    assert [one["relation"] for one in told.values()] == ["own", "team", "others"]
    assert [one["sees"] for one in told.values()] == [True, True, False]
    assert [one["changes"] for one in told.values()] == [True, False, False]
    assert explained(colleague, "tickets", ticket["id"])["sees"] is True
    assert colleague.get(f"/customers/{customer}").body["phone"] == "+86138****0005"
    assert owner.get(f"/customers/{customer}").body["phone"] == "+8613800000005"

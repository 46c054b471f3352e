"""What people get while a service is down or hangs."""

import os
import signal

import pytest

from devservers.ports import wait_until
from tests.e2e.people import Company, new_customer
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e


def test_the_overview_is_answered_without_a_service_that_is_down_and_names_it(suite: WholeSuite, company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)
    overview = f"/customers/{customer}/overview"
    assert rep.get(overview).ok()["missing"] == []

    with suite.without("tickets-serve"):
        wait_until(lambda: rep.get("/tickets").status == 503, "the broker has noticed", 15)
        page, down = rep.get(overview).ok(), rep.get("/tickets")

    assert page["missing"] == [{"part": "tickets", "reason": "unavailable"}]
    assert page["tickets"] is None
    assert (page["customer"]["id"], page["timeline"]["items"]) == (customer, [])
    assert (down.problem, down.headers["Retry-After"]) == ("unavailable", "1")
    wait_until(lambda: rep.get(overview).ok()["missing"] == [], "the whole page", 10)


def test_the_overview_does_not_wait_for_a_service_that_hangs(suite: WholeSuite, company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)
    pid = suite.process("campaigns-serve").server.pid
    assert pid is not None

    os.kill(pid, signal.SIGSTOP)
    try:
        page = rep.get(f"/customers/{customer}/overview").ok()
    finally:
        os.kill(pid, signal.SIGCONT)

    assert page["missing"] == [{"part": "campaigns", "reason": "timeout"}]


def test_the_page_is_not_answered_without_its_customer(suite: WholeSuite, company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)

    with suite.without("customers-serve"):
        wait_until(lambda: rep.get("/customers").status == 503, "the broker has noticed", 15)
        page = rep.get(f"/customers/{customer}/overview")

    assert (page.status, page.problem) == (503, "unavailable")
    wait_until(lambda: rep.get(f"/customers/{customer}/overview").status == 200, "the page", 10)

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
    before = suite.process("tickets-serve").restarts

    suite.kill("tickets-serve")
    pages = []
    wait_until(lambda: pages.append(rep.get(overview).ok()) or bool(pages[-1]["missing"]), "a page with a gap", 10)  # type: ignore[func-returns-value]

    page = pages[-1]
    assert page["missing"] == [{"part": "tickets", "reason": "unavailable"}]
    assert page["tickets"] is None
    assert (page["customer"]["id"], page["timeline"]["items"]) == (customer, [])
    down = rep.get("/tickets")
    assert (down.status, down.problem) == (503, "unavailable")
    assert down.headers["Retry-After"]
    suite.wait_restarted("tickets-serve", before)
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


def test_the_required_part_of_a_page_is_not_done_without(suite: WholeSuite, company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    customer = new_customer(rep)
    before = suite.process("customers-serve").restarts

    suite.kill("customers-serve")
    wait_until(lambda: rep.get(f"/customers/{customer}/overview").status == 503, "503", 10)

    suite.wait_restarted("customers-serve", before)
    wait_until(lambda: rep.get(f"/customers/{customer}/overview").status == 200, "the page", 10)

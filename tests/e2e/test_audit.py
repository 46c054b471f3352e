"""What people do in any service ends in one audit trail, which is found sound, and names whoever saw a record."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from devservers.ports import wait_until
from tests.e2e.people import Company, new_customer
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

CHAINED_SECONDS = 60.0


def entries(admin: Person, **wanted: str) -> list[dict[str, Any]]:
    return list(admin.get("/audit", limit=200, **wanted).ok()["items"])


def chained(admin: Person, is_there: Callable[[dict[str, Any]], bool], **wanted: str) -> bool:
    wait_until(lambda: any(map(is_there, entries(admin, **wanted))), "it stands in the trail", CHAINED_SECONDS)
    return True


def test_all_that_happened_to_a_customer_stands_in_one_trail(company: Company, admin: Person):
    rep = company.hire("sales_rep", company.team("East"))
    stranger = company.hire("sales_rep", company.team("West"))
    customer = new_customer(rep, phone="+86 138 0013 8000")
    rep.get(f"/customers/{customer}").ok()
    rep.post("/tickets", {"customer_id": customer, "kind": "service_request", "subject": "Hums"}).ok()
    assert stranger.get(f"/customers/{customer}").status == 404

    for kind, who in (("change", rep), ("read", rep), ("refusal", stranger)):
        assert chained(admin, lambda one, who=who: one["actor"] == who.id, record=customer, kind=kind)  # type: ignore[misc]
    assert chained(admin, lambda one: one["action"] == "create_ticket", person=rep.id, service="tickets")
    assert chained(admin, lambda one: one["outcome"] == "done", person=rep.id, kind="login")
    told = str(entries(admin, person=rep.id))
    assert "13800138000" not in told.replace(" ", "")
    assert "Hums" not in told


def test_the_trail_of_the_running_suite_is_sound(suite: WholeSuite, admin: Person):
    wait_until(lambda: admin.get("/audit/checkpoint").ok()["checkpoint"], "a checkpoint is signed", CHAINED_SECONDS)
    words = [sys.executable, "-m", "chassis", "verify", "services.auth"]
    verified = subprocess.run(words, env=suite.environment_of("auth"), capture_output=True, check=False)
    verdict = orjson.loads(verified.stdout)
    assert (verified.returncode, verdict["sound"], verdict["first_bad"]) == (0, True, None)
    sources = dict(suite.rows("auth", "SELECT service, max(number) FROM audit_chain GROUP BY service"))
    assert set(sources) >= {"auth", "customers"}

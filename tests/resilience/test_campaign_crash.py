"""The process that sends a campaign is killed in the middle of it, and nobody gets two messages."""

import time
from collections import Counter

import pytest

from devservers.ports import wait_until
from tests.conftest import Tell
from tests.e2e.suite import WholeSuite

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CUSTOMERS = 120
KILLS = 2
SENT_BEFORE_KILL = 15
SLOW_SECONDS = 0.1
"""For each message at the mail server, so that the kill comes while one is on its way."""


def test_no_address_gets_two_messages_although_the_sender_is_killed(suite: WholeSuite, tell: Tell):
    admin = suite.admin()
    rows = "".join(f"Mailed {number} Ltd,mailing,office@mailed-{number}.example\n" for number in range(CUSTOMERS))
    file = admin.upload(f"name,sector,email\n{rows}".encode())
    job = admin.post("/customers/import", {"file": file}).ok()
    assert admin.finished_job("customers", job["job_id"])["result"]["created"] == CUSTOMERS
    campaign = f"/campaigns/{admin.post('/campaigns', letter()).ok()['id']}"
    wait_until(lambda: admin.post(f"{campaign}/audience-preview").ok()["recipients"] == CUSTOMERS, "the audience", 30)
    suite.mail.behave(delay_seconds=SLOW_SECONDS)

    admin.post(f"{campaign}/send", {}).ok()
    for kill in range(1, KILLS + 1):
        wait_until(lambda wanted=kill * SENT_BEFORE_KILL: len(delivered(suite)) >= wanted, "messages", 90)  # type: ignore[misc]
        time.sleep(SLOW_SECONDS / 2)
        suite.kill_and_wait("campaigns-work")
    suite.mail.behave()
    wait_until(lambda: admin.get(campaign).ok()["state"] == "sent", "the campaign is over", 120)

    got, report = delivered(suite), admin.get(f"{campaign}/report").ok()["by_state"]
    tell(f"a campaign to {CUSTOMERS} whose sender was killed {KILLS} times:")
    tell(f"  {got.total()} messages to {len(got)} addresses; {report}")
    assert got.most_common(1)[0][1] == 1
    assert report["sent"] + report["uncertain"] == CUSTOMERS
    assert report["uncertain"] <= KILLS
    assert report["sent"] <= len(got) <= report["sent"] + report["uncertain"]


def letter() -> dict[str, object]:
    """A campaign to all customers of this test."""
    return {
        "name": "Mailing",
        "audience": {"field": "sector", "op": "eq", "value": "mailing"},
        "template": {"subject": "News for {{ customer.name }}", "html": "<p>News.</p>"},
        "throttle_per_minute": 6000,
    }


def delivered(suite: WholeSuite) -> Counter[str]:
    """How many messages each address has got."""
    return Counter(address for message in suite.mail.messages() for address in message["recipients"])

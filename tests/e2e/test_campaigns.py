"""A campaign from the draft to the mailbox, and the way out of it."""

from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests

from devservers.ports import wait_until
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

HTML = "<p>Dear {{ contact.name }} at {{ customer.name }},</p><p>there is news.</p>"


class Mailing:
    """Customers of a sector of their own, and campaigns to all of them."""

    def __init__(self, suite: WholeSuite, sender: Person) -> None:
        self.suite = suite
        self.sender = sender
        self.sector = f"sector {uuid4().hex[:8]}"

    def customer(self, name: str, email: str | None) -> None:
        """A customer that mail may reach."""
        described = {"name": name, "sector": self.sector, "email": email, "allow_duplicate": True}
        self.sender.post("/customers", described).ok()

    def send(self, customers: int) -> str:
        """Send a campaign to these customers and wait until it is over; answers its path."""
        audience = {"field": "sector", "op": "eq", "value": self.sector}
        body = {"name": "News", "audience": audience, "template": {"subject": "For {{ customer.name }}", "html": HTML}}
        path = f"/campaigns/{self.sender.post('/campaigns', body | {'throttle_per_minute': 6000}).ok()['id']}"
        preview = f"{path}/audience-preview"
        wait_until(lambda: self.sender.post(preview).ok()["customers"] == customers, "all customers are known", 15)
        self.sender.post(f"{path}/send", {}).ok()
        wait_until(lambda: self.sender.get(path).ok()["state"] == "sent", "the campaign is over", 60)
        return path

    def messages_to(self, address: str) -> list[Message]:
        """What an address has got."""
        mail = self.suite.mail
        return [message_from_bytes(mail.raw(one["id"])) for one in mail.messages() if address in one["recipients"]]

    def report(self, path: str) -> Any:
        """What became of a campaign."""
        return self.sender.get(f"{path}/report").ok()


@pytest.fixture
def mailing(suite: WholeSuite, company: Company, admin_role: str) -> Mailing:
    return Mailing(suite, company.hire("administrator"))


def test_each_address_gets_one_message_of_its_own(mailing: Mailing):
    first, second = (f"{uuid4().hex[:8]}@one.example" for _ in range(2))
    mailing.customer("Example One Ltd", first)
    mailing.customer("Example Two Ltd", second)
    mailing.customer("Example Two Branch Ltd", second)
    mailing.customer("Example Three Ltd", None)

    report = mailing.report(mailing.send(customers=4))

    assert (report["recipients"], report["by_state"]["sent"], report["without_address"]) == (2, 2, 1)
    assert [message["Subject"] for message in mailing.messages_to(first)] == ["For Example One Ltd"]
    assert len(mailing.messages_to(second)) == 1


def test_one_click_unsubscribes_for_good(mailing: Mailing):
    gone, stays = (f"{uuid4().hex[:8]}@one.example" for _ in range(2))
    mailing.customer("Example One Ltd", gone)
    mailing.customer("Example Two Ltd", stays)
    first = mailing.send(customers=2)
    message = mailing.messages_to(gone)[0]
    link = message["List-Unsubscribe"].strip("<>")

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert urlsplit(link).netloc == urlsplit(mailing.suite.url).netloc
    assert requests.get(link, timeout=10).status_code == 200
    clicked = requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=10)
    second = mailing.send(customers=2)

    assert clicked.status_code == 200
    assert mailing.report(first)["unsubscribed"] == 1
    assert (len(mailing.messages_to(gone)), len(mailing.messages_to(stays))) == (1, 2)
    preview = mailing.sender.post(f"{second}/audience-preview").ok()
    assert (preview["recipients"], preview["excluded"]["unsubscribed"]) == (1, 1)


def test_opening_the_link_only_asks(mailing: Mailing):
    address = f"{uuid4().hex[:8]}@one.example"
    mailing.customer("Example One Ltd", address)
    mailing.send(customers=1)
    link = mailing.messages_to(address)[0]["List-Unsubscribe"].strip("<>")

    page = requests.get(link, timeout=10)
    mailing.send(customers=1)

    assert "text/html" in page.headers["Content-Type"]
    assert address not in page.text
    assert len(mailing.messages_to(address)) == 2

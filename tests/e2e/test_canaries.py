"""No contact data lies anywhere in clear: not in databases, WAL, broker, logs, stored files or temporary ones."""

import csv
import io
import time
from base64 import b32decode
from collections.abc import Iterable
from typing import Any

import pyotp
import pytest
import requests

from devservers.ports import wait_until
from tests.e2e.canaries import Canaries, found_in_tables, found_on_disk
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

TEMPLATE = {"subject": "For {{ customer.name }}", "html": "<p>Dear {{ contact.name }}</p><p>{{ contact.email }}</p>"}


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


def enter_customers(admin: Person, canaries: Canaries, sector: str, count: int) -> list[dict[str, Any]]:
    """Customers by hand, each with a repeated request and a contact for every third."""
    made = []
    for number in range(count):
        body = {"name": f"Sealed {number}", "sector": sector}
        body |= {"email": canaries.email(), "phone": canaries.phone(), "address": canaries.address()}
        made += [admin.post("/customers", body, key=f"{canaries.run}-{number}").ok() for _ in range(2)]
        if number % 3 == 0:
            contact = {"name": "Contact", "email": canaries.email(), "phone": canaries.phone()}
            admin.post(f"/customers/{made[-1]['id']}/contacts", contact, key=f"{canaries.run}-c{number}").ok()
    return made[::2]


def import_rows(admin: Person, canaries: Canaries, sector: str, count: int) -> None:
    """The same from a file, by way of a form, twice: new ones, and then with other numbers."""
    rows = [
        {"name": f"{sector} {number}", "sector": sector, "email": canaries.email(), "contact_email": canaries.email()}
        | {"phone": canaries.phone(), "address": canaries.address()}
        for number in range(count)
    ]
    for order in ({}, {"on_match": "update"}):
        file = upload_by_form(admin, as_csv([row | {"phone": canaries.phone()} if order else row for row in rows]))
        job = admin.post("/customers/import", {"file": file, **order}).ok()["job_id"]
        done = admin.finished_job("customers", job)
        assert done["state"] == "done", done
        assert admin.get(f"/jobs/customers/{job}/file").status == 200


def upload_by_form(admin: Person, content: bytes) -> str:
    """A file of more than a mebibyte, which is put down while the form is read."""
    padded = content + b"\r\n" * (1 << 20)
    headers = {"Authorization": f"Bearer {admin.current_token()}"}
    sent = requests.post(f"{admin.url}/api/v1/files", files={"file": ("a.csv", padded)}, headers=headers, timeout=30)
    return str(sent.json()["file"])


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    lines = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def search_and_fail(admin: Person, canaries: Canaries, customers: list[dict[str, Any]]) -> None:
    """Searches find them, and refusals, whose reasons stand in logs, tell nothing."""
    one = customers[0]
    for asked in ({"email": one["email"]}, {"phone": one["phone"]}, {"phone_tail": one["phone"][-6:]}):
        assert [found["id"] for found in admin.get("/customers", **asked).ok()["items"]] == [one["id"]]
    taken = {"id": one["id"], "name": "Taken", "email": canaries.email(), "phone": canaries.phone()}
    assert admin.post("/customers", taken).status == 409
    assert admin.post("/customers", {"name": "Wrong", "email": f"{canaries.address()} @"}).status == 422
    assert admin.patch(f"/customers/{one['id']}", {"address": canaries.address()}, '"99"').status == 412


def send_campaign(suite: WholeSuite, admin: Person, canaries: Canaries, sector: str, customers: int) -> None:
    """A campaign to all of them, with an unsubscription, a preview and a test message."""
    audience = {"field": "sector", "op": "eq", "value": sector}
    body = {"name": "Canaries", "audience": audience, "template": TEMPLATE, "throttle_per_minute": 6000}
    path = f"/campaigns/{admin.post('/campaigns', body).ok()['id']}"
    for _ in range(5):
        admin.post("/unsubscriptions", {"address": canaries.email(), "note": "by telephone"}).ok()
    admin.post(f"{path}/test-send", {"to": canaries.email()}).ok()
    known = f"{path}/audience-preview"
    wait_until(lambda: admin.post(known).ok()["customers"] == customers, "all customers are known", 30)
    admin.post(f"{path}/send", {}).ok()
    wait_until(lambda: admin.get(path).ok()["state"] == "sent", "the campaign is over", 60)
    recipients = list(admin.all_of(f"{path}/recipients"))
    assert len(recipients) >= customers
    assert all(canaries.run in one["email"] for one in recipients)


def set_up_apps(company: Company, canaries: Canaries, count: int) -> None:
    """People with authenticator apps, one of them not confirmed; asked for twice with the same key."""
    for number in range(count):
        person = company.hire("sales_rep").step_up()
        begun = [person.post("/me/totp", key=f"{canaries.run}-totp-{number}").ok()["secret"] for _ in range(2)]
        assert begun[1] is None
        secret = canaries.keep(begun[0])
        if number:
            person.post("/me/totp/confirm", {"code": pyotp.TOTP(secret).now()}).ok()
            refused = person.post("/auth/login", {"email": person.email, "password": person.password}, anonymous=True)
            proof = {"ticket": refused.body["ticket"], "totp": pyotp.TOTP(secret).at(int(time.time()) + 30)}
            person.post("/auth/second-factor", proof, anonymous=True).ok()


def test_two_hundred_canaries_are_found_nowhere(suite: WholeSuite, company: Company, canaries: Canaries):
    admin, sector = suite.admin(), f"canaries {canaries.number}"
    customers = enter_customers(admin, canaries, sector, 36)
    import_rows(admin, canaries, sector, 13)
    search_and_fail(admin, canaries, customers)
    set_up_apps(company, canaries, 3)
    send_campaign(suite, admin, canaries, sector, 49)
    tree = {"field": "sector", "op": "eq", "value": sector}
    export = admin.post("/customers/export", {"filter": tree}).ok()["job_id"]
    assert admin.finished_job("customers", export)["state"] == "done"
    assert canaries.run in admin.get(f"/jobs/customers/{export}/file").content.decode()
    assert len(canaries.planted) >= 200
    assert len(canaries.secrets) == 6

    assert found_in_tables(suite, *canaries.marks) == []
    assert found_on_disk(suite, *canaries.marks) == []


def test_the_search_finds_what_lies_in_clear(suite: WholeSuite):
    planted = Canaries()
    suite.admin().post("/customers", {"name": f"Clear {planted.email()}"}).ok()
    (suite.places.files / "clear").write_text(planted.phone().replace(" ", ""))
    secret = planted.keep(pyotp.random_base32())
    (suite.places.files / "secret").write_bytes(b"\x00" + b32decode(secret))

    tables = found_in_tables(suite, planted.marks[0])
    files = found_on_disk(suite, *planted.marks)
    assert {"customers.customers", "customers.outbox"} <= set(tables)
    assert any(name.startswith("postgresql/data/pg_wal") for name in files), files
    assert any(name.startswith("rabbitmq/data") for name in files), files
    assert {"files/clear", "files/secret"} <= set(files)
    for name in ("clear", "secret"):
        (suite.places.files / name).unlink()

"""Accounts from the invitation to the end, and keys for programs, seen from outside."""

import re
import time
from uuid import uuid4

import pytest

from devservers.ports import wait_until
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

EVERYWHERE = ("/me", "/customers", "/interactions", "/tickets", "/campaigns")
"""One path of each service."""
CHOSEN = "a password that the person has chosen"


def seconds_until_refused(person: Person, status: int = 401) -> dict[str, float]:
    """After how many seconds each service refuses, counted from now."""
    begin = time.monotonic()
    refused: dict[str, float] = {}
    while len(refused) < len(EVERYWHERE) and time.monotonic() - begin < 5:
        for path in EVERYWHERE:
            if path not in refused and person.get(path).status == status:
                refused[path] = time.monotonic() - begin
    assert set(refused) == set(EVERYWHERE)
    return refused


def program_of(person: Person) -> tuple[Person, str]:
    """A program with a key of the administrator's, known to all services; answers it and the id of the key."""
    role = next(one["id"] for one in person.all_of("/roles") if one["name"] == "integration")
    made = person.step_up().post("/api-keys", {"name": "Program", "role_id": role}).ok()
    program = Person(person.url, "program", "none")
    program.token, program._renew_at = made["key"], float("inf")
    for path in EVERYWHERE:
        wait_until(lambda path=path: program.get(path).status == 200, "the key is known", 10)  # type: ignore[misc]
    return program, made["id"]


def token_in_the_mail(suite: WholeSuite, email: str) -> str:
    """The token in the last letter to somebody."""
    found: list[str] = []

    def arrived() -> bool:
        for one in suite.mail.messages():
            if email in one["recipients"]:
                found.extend(re.findall(r"#token=([\w-]{20,})", suite.mail.readable(one["id"])["text"]))
        return bool(found)

    wait_until(arrived, "the letter has arrived", 20)
    return found[-1]


def test_a_key_opens_every_service_and_is_refused_everywhere_within_a_second(company: Company):
    program, key_id = program_of(company.admin)
    assert program.post("/users", {"name": "Nobody", "email": "nobody@example.com"}).status == 403
    assert program.post("/customers", {"name": "Example Ltd"}).status == 201
    assert program.upload(b"name\nExample\n").startswith("uploads/")
    wait_until(
        lambda: next(one for one in company.admin.all_of("/api-keys") if one["id"] == key_id)["last_used_at"],
        "the use is noted",
        5,
    )

    company.admin.call("DELETE", f"/api-keys/{key_id}").ok()

    refused = seconds_until_refused(program)
    assert max(refused.values()) <= 1.0, refused


def test_closing_an_account_counts_everywhere_within_a_second(company: Company):
    rep = company.hire("sales_rep", company.team("East"))
    user = company.admin.get(f"/users/{rep.id}")
    company.admin.patch(f"/users/{user.ok()['id']}", {"active": False}, user.etag).ok()
    refused = seconds_until_refused(rep)
    assert max(refused.values()) <= 1.0, refused


def test_an_invitation_arrives_and_opens_the_door(suite: WholeSuite, company: Company):
    email = f"invited-{uuid4().hex[:8]}@example.com"
    company.admin.step_up().post("/users", {"name": "Invited", "email": email, "invite": True}).ok()
    body = {"token": token_in_the_mail(suite, email), "password": CHOSEN}
    nobody = Person(suite.url, email, CHOSEN)
    assert nobody.post("/auth/first-password", body, anonymous=True).ok()["device_token"]
    assert nobody.log_in().get("/me").ok()["email"] == email
    assert nobody.post("/auth/first-password", body, anonymous=True).problem == "link-refused"

"""Accounts from the invitation to the end, and keys for programs, seen from outside."""

import re
from uuid import uuid4

import pytest

from devservers.ports import wait_until
from tests.conftest import Tell
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.refusals import EVERYWHERE, seconds_until_refused, span
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

CHOSEN = "a password that the person has chosen"


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


def test_a_key_opens_every_service_until_it_is_revoked(company: Company, tell: Tell):
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

    tell(f"a revoked key is refused after {span(seconds_until_refused(program))}")


def test_an_invitation_arrives_and_opens_the_door(suite: WholeSuite, company: Company):
    email = f"invited-{uuid4().hex[:8]}@example.com"
    company.admin.step_up().post("/users", {"name": "Invited", "email": email, "invite": True}).ok()
    body = {"token": token_in_the_mail(suite, email), "password": CHOSEN}
    nobody = Person(suite.url, email, CHOSEN)
    assert nobody.post("/auth/first-password", body, anonymous=True).ok()["device_token"]
    assert nobody.log_in().get("/me").ok()["email"] == email
    assert nobody.post("/auth/first-password", body, anonymous=True).problem == "link-refused"

"""The encryption key of customers is replaced while people work: nobody notices, and nothing is left of the old one."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from chassis.encryption.keyring import Keyring
from devservers.ports import wait_until
from launcher.places import CHECKOUT, write_private
from tests.conftest import Tell
from tests.e2e.people import Company
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

SERVICE = "customers"
CUSTOMERS = 600
PEOPLE = 2
PAUSE_SECONDS = 0.03
"""The new processes have to start beside them."""


@dataclass
class Work:
    """People who go on reading, finding, changing and adding customers; whatever goes wrong is noted."""

    owner: Person
    emails: dict[str, str]
    """The addresses of customers, by id."""
    wrong: list[Any] = field(default_factory=list)
    reads: int = 0
    writes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Work":
        ids = list(self.emails)
        self._threads = [threading.Thread(target=self._work, args=(ids[part::PEOPLE],)) for part in range(PEOPLE)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, ids: list[str]) -> None:
        person = Person(self.owner.url, self.owner.email, self.owner.password).log_in()
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            customer_id = ids[number % len(ids)]
            number += 1
            self._read_and_change(person, customer_id, f"{number} Harbour Lane")
            if number % 10 == 0:
                self._add(person)

    def _read_and_change(self, person: Person, customer_id: str, address: str) -> None:
        path, email = f"/customers/{customer_id}", self.emails[customer_id]
        seen, found = person.get(path), person.get("/customers", email=email)
        self._note(seen, seen.status == 200 and seen.body["email"] == email)
        self._note(found, found.status == 200 and [one["id"] for one in found.body["items"]] == [customer_id])
        self.reads += 2
        if seen.status == 200:
            changed = person.patch(path, {"address": address}, seen.etag, key=str(uuid4()))
            self._note(changed, changed.status == 200 and changed.body["address"] == address)
            self.writes += 1

    def _add(self, person: Person) -> None:
        added = person.post("/customers", new_customer_body(), key=str(uuid4()))
        self._note(added, added.status == 201)
        self.writes += 1
        if added.status == 201:
            self.emails[added.body["id"]] = added.body["email"]

    def _note(self, answer: Any, good: bool) -> None:
        if not good:
            self.wrong.append(answer)


def new_customer_body() -> dict[str, str]:
    """A customer with contact data of its own."""
    mark = uuid4().hex[:10]
    phone = f"+4940{uuid4().int % 10**8:08}"
    return {"name": f"Rotated {mark}", "email": f"{mark}@mail.example", "phone": phone, "address": "Lane"}


def imported(owner: Person, count: int) -> dict[str, str]:
    """So many customers by way of a file: their addresses by id."""
    rows = [new_customer_body() for _ in range(count)]
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    order = {"file": owner.upload("\n".join(lines).encode())}
    job = owner.finished_job(SERVICE, owner.post("/customers/import", order).ok()["job_id"])
    assert job["result"]["created"] == count, job
    his = owner.id
    return {one["id"]: one["email"] for one in owner.all_of("/customers") if one["owner_id"] == his}


def restart_with(suite: WholeSuite, *rings: str) -> None:
    """Give the service's processes other keys, the first of which seals."""
    write_private(suite.places.secrets / f"{SERVICE}_encryption_keys", ",".join(rings))
    with ThreadPoolExecutor() as pool:
        list(pool.map(suite.replace, (f"{SERVICE}-serve", f"{SERVICE}-work")))


def rotate_encryption(suite: WholeSuite) -> list[str]:
    """What docs/operations.md tells to do; how many rows were left each time that it looked."""
    words = [sys.executable, "-m", "chassis", "rotate-encryption", f"services.{SERVICE}", "--every", "0.5"]
    done = subprocess.run(
        words, cwd=CHECKOUT, env=suite.environment_of(SERVICE), check=True, capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if "rows with an older key" in line]


def test_an_encryption_key_is_replaced_while_people_work(suite: WholeSuite, company: Company, tell: Tell):
    owner = company.hire("administrator")
    emails = imported(owner, CUSTOMERS)
    old = (suite.places.secrets / f"{SERVICE}_encryption_keys").read_text()
    new = Keyring.generate("new").written()
    began = time.monotonic()
    with Work(owner, emails) as work:
        wait_until(lambda: work.writes > 0, "people work", 30)
        restart_with(suite, old, new)
        restart_with(suite, new, old)
        left = rotate_encryption(suite)
        restart_with(suite, new)
        writes = work.writes
        wait_until(lambda: work.writes > writes + 10 or bool(work.wrong), "people go on", 30)
    took = time.monotonic() - began

    assert work.wrong == []
    assert int(left[-1].split()[0]) == 0
    assert {one["id"]: one["email"] for one in owner.all_of("/customers")}.items() >= work.emails.items()
    tell(f"an encryption key was replaced in {took:.0f} s: {work.reads} reads and {work.writes} writes, 0 failed")
    tell(f"  {left[0].split()[0]} rows had the old key, {left[-1].split()[0]} have it now")

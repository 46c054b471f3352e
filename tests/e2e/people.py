"""People for a test: each in a team and with a role, logged in."""

from dataclasses import dataclass
from uuid import uuid4

from devservers.ports import wait_until
from tests.e2e.person import Person

PASSWORD = "a password for tests only"


@dataclass(frozen=True)
class Company:
    """A place to hire people; each test has teams of its own, so that tests do not see each other's records."""

    admin: Person

    def team(self, name: str, parent: str | None = None) -> str:
        """A new team; answers its id."""
        body = {"name": f"{name} {uuid4().hex[:8]}", "parent_id": parent}
        return str(self.admin.post("/teams", body).ok()["id"])

    def hire(self, role: str, team: str | None = None) -> Person:
        """A new person with a role, logged in and known to all services."""
        roles = {one["name"]: one["id"] for one in self.admin.all_of("/roles")}
        email = f"{role}-{uuid4().hex[:8]}@example.com"
        body = {"name": role, "email": email, "password": PASSWORD, "roles": [roles[role]]}
        self.admin.post("/users", body | ({"teams": [team]} if team else {})).ok()
        person = Person(self.admin.url, email, PASSWORD).log_in()
        for path in ("/customers", "/interactions", "/tickets", "/campaigns"):
            wait_until(lambda path=path: person.get(path, limit=1).status < 500, f"{role} is known", 10)  # type: ignore[misc]
        return person


def new_customer(owner: Person, **fields: object) -> str:
    """A customer of this person that the other services know, too; answers its id."""
    customer = owner.post("/customers", {"name": f"Example {uuid4().hex[:8]} Ltd", **fields}).ok()
    customer_id = str(customer["id"])
    for part in ("timeline", "tickets"):
        path = f"/customers/{customer_id}/{part}"
        wait_until(lambda path=path: owner.get(path).status == 200, "the customer is known", 10)  # type: ignore[misc]
    return customer_id

"""A customers database with so many rows and people in its directory, opened up in this process."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import psycopg2

from benchmarks.bench import Bench
from benchmarks.customer_rows import Holder, Naming, fill, fill_with
from chassis.identity import tokens
from chassis.ids import new_id
from chassis.requests import Request
from chassis.testing.tested import Person, TestedService
from devservers.databases import drop_role_and_database
from services.customers.service import CustomersService

TEAMS, REPS = 3, 4
MANAGER = {"customers:read": "team_tree", "customers:claim": "all"}
KNOWN_IDS = 200
NUMBERED = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers) AS numbered WHERE place %% %s = 0
"""
WAITING = "SELECT id FROM customers WHERE in_pool ORDER BY md5(id::text) LIMIT %s"

Written = Callable[[int, Sequence[Holder]], tuple[Iterable[str], Sequence[str]]]
"""Lines in clear for so many customers of these holders, and their columns."""


class Filled:
    """The customers of a sales manager with three teams, who also sees the pool; the same share at every size."""

    def __init__(self, bench: Bench, count: int, name_of: Naming | None = None, written: Written | None = None) -> None:
        database = f"filled_{new_id().hex}"
        self._drop = partial(drop_role_and_database, bench.servers.cluster.url(), database)
        settings = bench.servers.settings(CustomersService, database)
        self._tested = TestedService(CustomersService, settings)
        self.database = self._tested.database
        self.units = self._tested.runtime.units()
        self.context = self._tested.runtime.context
        self.manager, self.holders = self._people()
        if written is None:
            fill(settings, count, self.holders, name_of)
        else:
            fill_with(settings, *written(count, self.holders))
        self.ids = _ids(settings.database_url, NUMBERED, count // KNOWN_IDS)

    def call(self, operation: str, **arguments: str) -> bytes:
        """Call an operation as the manager; raises RuntimeError for a refusal."""
        answer = self.units[operation].answer(Request(token=self.manager.token), arguments)
        if answer.failed:
            raise RuntimeError(answer.body.decode())
        return answer.body

    def in_pool(self, count: int) -> Sequence[UUID]:
        """So many customers from all over the pool."""
        return _ids(self._tested.settings.database_url, WAITING, count)

    def job(self, operation: str) -> Any:
        """Start a job as somebody who may do anything, and do it in this process; what came of it."""
        admin = self.person("Administrator", {"*": "all"}, [])
        job_id = self._tested.call(operation, admin).body["job_id"]
        self._tested.run_jobs()
        job = self._tested.call("get_job", self._logged_in(admin), job_id=job_id).body
        if job["state"] != "done":
            raise RuntimeError(f"the job ended as {job}")
        return job["result"]

    def person(
        self,
        name: str,
        permissions: dict[str, str],
        teams: list[UUID],
        field_rules: dict[str, dict[str, Any]] | None = None,
    ) -> Person:
        """Somebody else, who has just logged in."""
        return self._tested.person(name, permissions, teams, field_rules)

    def log_in(self) -> None:
        """Give the manager a new token, for filling a large table can take longer than one is good for."""
        self.manager = self._logged_in(self.manager)

    def close(self) -> None:
        """Close all connections, and free the disk."""
        self._tested.close()
        self._drop()

    def _logged_in(self, person: Person) -> Person:
        token = tokens.issue(self._tested.signing_key, user_id=person.id, session_id=new_id())
        return replace(person, token=token)

    def _people(self) -> tuple[Person, list[Holder]]:
        top = self._tested.team("Sales")
        teams = [self._tested.team(f"Team {number}", parent=top) for number in range(TEAMS)]
        manager = self._tested.person("Manager", MANAGER, [top])
        reps = ((self._tested.person("Rep", {"customers:read": "team"}, [team]), team) for team in teams * REPS)
        return manager, [Holder(manager.id, top), *(Holder(rep.id, team) for rep, team in reps)]


def _ids(url: str, statement: str, *values: int) -> Sequence[UUID]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[Any] = [UUID(row[0]) for row in cursor]
    connection.close()
    return found

"""Whose access ends is refused at once everywhere: by every service, on his live stream, by his running export."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from psycopg2 import sql

from devservers.ports import wait_until
from tests.conftest import Tell
from tests.e2e.live import Listener, listening
from tests.e2e.people import Company, new_customer
from tests.e2e.person import Person
from tests.e2e.refusals import EVERYWHERE, PATIENCE_SECONDS, refusals, seconds_until, span
from tests.e2e.suite import WholeSuite

pytestmark = pytest.mark.e2e

ROWS = 20_000
"""So many that an export of them is far from its end when the access is over."""
CHANGE_SECONDS = 0.05


@pytest.fixture(scope="module")
def team(suite: WholeSuite, company: Company) -> Iterator[str]:
    """A team with so many customers that exporting them takes a while."""
    team = company.team("Large")
    one = new_customer(company.hire("sales_rep", team))
    names = "SELECT column_name FROM information_schema.columns WHERE table_name = 'customers' AND column_name <> 'id'"
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in suite.rows("customers", names))
    copies = "INSERT INTO customers (id, {0}) SELECT gen_random_uuid(), {0} FROM customers, generate_series(1, %s)"
    suite.change("customers", sql.SQL(copies + " WHERE id = %s").format(columns), ROWS, one)
    yield team
    copied = "team_id = %s AND id NOT IN (SELECT customer_id FROM ownerships)"
    suite.change("customers", sql.SQL("DELETE FROM customers WHERE " + copied), team)


class Colleague:
    """Somebody in the team who goes on changing customers, so that there is always something to hear."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.made: dict[str, float] = {}
        """The customers and when they were there."""

    def make(self) -> str:
        """A new customer, known from now on."""
        customer = str(self.person.post("/customers", {"name": "Heard of Ltd"}).ok()["id"])
        self.made[customer] = time.monotonic()
        return customer

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work for the time of a block."""
        stopping = Event()

        def work() -> None:
            while not stopping.wait(CHANGE_SECONDS):
                self.make()

        thread = Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def last_heard_by(self, listener: Listener) -> float:
        """When the last of the changes was made that somebody has heard of."""
        return max((self.made.get(change["id"], 0.0) for change in listener.changes), default=0.0)


class Export:
    """An export that is under way, seen in the database: nobody but who has ordered it may look at it."""

    def __init__(self, suite: WholeSuite, person: Person) -> None:
        self._suite = suite
        self.id = str(person.step_up().post("/customers/export", {}).ok()["job_id"])
        wait_until(lambda: self.rows > 0 or self.state != "running", "the export has begun", PATIENCE_SECONDS)

    @property
    def state(self) -> str:
        """Where it stands."""
        return str(self._suite.rows("customers", "SELECT state FROM exports WHERE id = %s", self.id)[0][0])

    @property
    def rows(self) -> int:
        """How many rows were read so far."""
        return int(self._suite.rows("customers", "SELECT rows FROM exports WHERE id = %s", self.id)[0][0])

    @property
    def job(self) -> tuple[str, object]:
        """The state of its job and what came of it."""
        state, result = self._suite.rows("customers", "SELECT state, result FROM jobs WHERE id = %s", self.id)[0]
        return str(state), result


def close_account(company: Company, person_id: str) -> None:
    """Let somebody in no more."""
    user = company.admin.get(f"/users/{person_id}")
    company.admin.patch(f"/users/{person_id}", {"active": False}, user.etag).ok()


def end_sessions(company: Company, person_id: str) -> None:
    """End what somebody has logged in to."""
    company.admin.call("DELETE", f"/users/{person_id}/sessions").ok()


def take_roles(company: Company, person_id: str) -> None:
    """Leave somebody his account and nothing that he may do."""
    user = company.admin.get(f"/users/{person_id}")
    company.admin.patch(f"/users/{person_id}", {"roles": []}, user.etag).ok()


def uses_of_the_gateway(person: Person) -> dict[str, Callable[[], bool]]:
    """Whether he is refused what the gateway does itself: taking files, and beginning a stream."""
    return {
        "/files": lambda: person.call("POST", "/files", data=b"name\n").status == 401,
        "/live": lambda: person.call("HEAD", "/live").status == 401,
    }


@pytest.mark.parametrize("end", [close_account, end_sessions])
def test_who_is_let_in_no_more_is_refused_everywhere(
    suite: WholeSuite, company: Company, team: str, tell: Tell, end: Callable[[Company, str], None]
):
    manager, colleague = company.hire("sales_manager", team), Colleague(company.hire("sales_rep", team))
    manager_id = manager.id
    with listening(manager) as listener:
        listener.wait_for(colleague.make(), "CustomerCreated")
        export = Export(suite, manager)
        end(company, manager_id)
        began = time.monotonic()
        stopped = {"stream": lambda: listener.ended, "export": lambda: export.state != "running"}
        questions = stopped | refusals(manager, dict.fromkeys(EVERYWHERE, 401)) | uses_of_the_gateway(manager)
        after = seconds_until(began, **questions)

    assert listener.other_events == ["expired"]
    assert (export.state, export.job) == ("stopped", ("failed", None))
    assert 0 < export.rows < ROWS
    tell(f"{end.__name__}: refused after {span({path: after[path] for path in after.keys() - stopped.keys()})}")
    tell(f"  live stream closed after {after['stream']:.2f} s; export stopped after {after['export']:.2f} s")


def test_who_has_no_role_any_more_hears_and_exports_nothing_more(
    suite: WholeSuite, company: Company, team: str, tell: Tell
):
    manager, colleague = company.hire("sales_manager", team), Colleague(company.hire("sales_rep", team))
    manager_id = manager.id
    with listening(manager) as listener, listening(colleague.person) as other:
        listener.wait_for(colleague.make(), "CustomerCreated")
        export = Export(suite, manager)
        with colleague.at_work():
            take_roles(company, manager_id)
            began = time.monotonic()
            paths = refusals(manager, dict.fromkeys(EVERYWHERE[1:], 403))
            after = seconds_until(began, export=lambda: export.state != "running", **paths)
        last = colleague.make()
        other.wait_for(last, "CustomerCreated")
        time.sleep(1)
        assert listener.heard_of(last) == []
        heard_until = colleague.last_heard_by(listener) - began

    assert (export.state, export.job) == ("stopped", ("failed", None))
    assert 0 < export.rows < ROWS
    assert manager.get("/me").ok()["permissions"] == {}
    stopped = after.pop("export")
    tell(f"take_roles: refused after {span(after)}; the last change that was heard of came after {heard_until:.2f} s")
    tell(f"  export stopped after {stopped:.2f} s")

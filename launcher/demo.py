"""`make demo`: fills the running suite with a believable company, through the API like everybody else.

Done again it adds nothing, and after an interruption it adds what is missing: every record has an id, a name or an
address of its own.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.error import URLError

from launcher import demo_company as company
from launcher.access import read_access
from launcher.demo_caller import Caller, Refusal
from launcher.demo_company import Employee
from launcher.places import Places
from launcher.progress import Progress
from launcher.secret_files import Secrets

_BATCH = 500
_AT_A_TIME = 3
_HEARD_SECONDS = 60.0
"""How long the news of a customer may take to the other services."""
_TRIED = 10
_FOLLOW_UPS = 5
_THERE_ALREADY = {"interaction-id-taken", "ticket-id-taken"}
"""Refusals of what an earlier run has recorded for a customer that somebody has given away since."""


class Demo:
    """One filling of the suite."""

    def __init__(self, url: str, admin: Caller, password: str, progress: Progress) -> None:
        self._url = url
        self._admin = admin
        self._password = password
        self._tell = progress.tell
        self._now = datetime.now(UTC)
        self._staff = company.employees()

    def fill(self) -> None:
        """Everything, in the order that it needs."""
        self._hire()
        self._callers = {one.login: Caller(self._url, one.email, self._password).log_in() for one in self._staff}
        self._reps = [one for one in self._staff if one.role == "sales_rep"]
        self._bring_in_customers()
        owned = self._in_parallel(self._own_customers, self._reps)
        self._in_parallel(self._log_interactions, list(zip(self._reps, owned)))
        self._tell(f"{company.INTERACTIONS} interactions of {len(self._reps)} reps")
        self._in_parallel(self._plan_follow_ups, list(zip(self._reps, owned)))
        self._take_in_tickets([customer for customers in owned for customer in customers])
        self._write_campaigns()

    def log_ins(self) -> Iterator[str]:
        """A line for each who can log in."""
        for one in self._staff:
            yield f"  {one.email:<30} {one.role:<14} {one.name}"

    def _hire(self) -> None:
        teams = {team["name"]: team["id"] for team in self._admin.all_of("/teams")}
        for name in [*company.SALES_TEAMS.values(), company.SERVICE_TEAM]:
            if name not in teams:
                teams[name] = self._admin.post("/teams", {"name": name})["id"]
        roles = {role["name"]: role["id"] for role in self._admin.all_of("/roles")}
        for one in self._staff:
            account = {"name": one.name, "email": one.email, "password": self._password}
            place = {"teams": [teams[one.team]], "roles": [roles[one.role]]}
            _unless("email-taken", self._admin.post, "/users", account | place)
        self._tell(f"3 teams with {len(self._staff)} people")

    def _bring_in_customers(self) -> None:
        """Everybody imports his own part of the list; the rest goes to the shared pool."""
        rows = company.customer_rows()
        pooled, owned = rows[: company.IN_POOL], rows[company.IN_POOL :]
        parts = [(self._callers[one.login], owned[n :: len(self._reps)], False) for n, one in enumerate(self._reps)]
        lead = self._callers[next(one.login for one in self._staff if one.role == "sales_manager")]
        counts = self._in_parallel(_import, [*parts, (lead, pooled, True)])
        self._tell(f"{len(rows)} customers, {len(pooled)} of them in the shared pool ({sum(counts)} are new)")

    def _own_customers(self, rep: Employee) -> list[str]:
        caller = self._callers[rep.login]
        own = {"field": "owner_id", "op": "eq", "value": caller.get("/me")["id"]}
        customers = sorted(customer["id"] for customer in caller.all_of("/customers", filter=json.dumps(own)))
        _wait_until_known(caller, customers)
        return customers

    def _log_interactions(self, work: tuple[Employee, list[str]]) -> None:
        rep, customers = work
        share = company.INTERACTIONS // len(self._reps)
        first = company.INTERACTIONS - share * (len(self._reps) - 1)
        count = first if rep is self._reps[0] else share
        for batch in _batches(company.interactions(rep.login, customers, count, self._now)):
            _post_batch(self._callers[rep.login], "/interactions/batch", batch)

    def _plan_follow_ups(self, work: tuple[Employee, list[str]]) -> None:
        rep, customers = work
        for day, customer in enumerate(customers[:_FOLLOW_UPS], 1):
            plan = {"due_at": (self._now + timedelta(days=day)).isoformat(), "note": "回访 Call again"}
            self._callers[rep.login].post(f"/customers/{customer}/follow-up", plan)

    def _take_in_tickets(self, customers: Sequence[str]) -> None:
        agent = self._callers["agent1"]
        for batch in _batches(company.tickets(customers, self._now)):
            _post_batch(agent, "/tickets/batch", batch)
        self._tell(f"{company.TICKETS} tickets, shared among the agents")

    def _write_campaigns(self) -> None:
        marketer = self._callers["marketer"]
        for campaign in company.CAMPAIGNS:
            if _unless("campaign-exists", marketer.post, "/campaigns", campaign.body) is None:
                continue
            if campaign.when != "draft":
                at = None if campaign.when == "now" else (self._now + timedelta(days=7)).isoformat()
                marketer.post(f"/campaigns/{campaign.body['id']}/send", {"scheduled_at": at})
        self._tell(f"{len(company.CAMPAIGNS)} campaigns: one is going out, one is scheduled, one is a draft")

    def _in_parallel(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(work, items))


def _import(work: tuple[Caller, list[dict[str, Any]], bool]) -> int:
    """Import customers; answers how many are new."""
    caller, rows, into_pool = work
    file = caller.upload("customers.csv", company.as_csv(rows))
    job = caller.post("/customers/import", {"file": file, "into_pool": into_pool})
    return int(caller.finished_job("customers", job["job_id"])["created"])


def _batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _post_batch(caller: Caller, path: str, items: Sequence[dict[str, Any]]) -> None:
    """Send a batch, and again what was refused because the service has not heard of a customer yet."""
    deadline = time.monotonic() + _HEARD_SECONDS
    while items:
        results = caller.post(path, {"items": list(items)})["items"]
        problems = {one["id"]: one["problem"]["type"] for one in results if one["problem"]}
        items = [item for item in items if problems.get(item["id"]) == "customer-not-known-here"]
        others = set(problems.values()) - {"customer-not-known-here", *_THERE_ALREADY}
        if others or time.monotonic() > deadline:
            raise RuntimeError(f"{path} refused {len(problems)} items: {', '.join(sorted(set(problems.values())))}")
        if items:
            time.sleep(0.5)


def _wait_until_known(caller: Caller, customers: Sequence[str]) -> None:
    """Wait until the news of customers, of which some are tried, has come to the other services."""
    deadline = time.monotonic() + _HEARD_SECONDS
    for customer in customers[:: max(1, len(customers) // _TRIED)]:
        while not _is_known(caller, customer) and time.monotonic() < deadline:
            time.sleep(0.2)


def _is_known(caller: Caller, customer: str) -> bool:
    try:
        caller.get(f"/customers/{customer}/timeline", limit=1)
    except Refusal:
        return False
    return True


def _unless(slug: str, post: Callable[[str, dict[str, Any]], Any], path: str, body: dict[str, Any]) -> Any:
    """The answer, or None if the record is there already, which the suite calls ``slug``."""
    try:
        return post(path, body)
    except Refusal as refusal:
        if refusal.slug != slug:
            raise
        return None


def main() -> int:
    """Fill the suite of this checkout."""
    places = Places.of_checkout()
    access = read_access(places)
    admin = Caller(access["url"], access["admin"]["email"], access["admin"]["password"])
    password = Secrets(places.secrets).generated("demo_password", 12)
    progress = Progress()
    try:
        demo = Demo(access["url"], admin.log_in().step_up(), password, progress)
        demo.fill()
    except (Refusal, URLError, RuntimeError) as problem:
        print(f"The demo data is not complete: {problem}\nRun it again, and it goes on where it stopped.")
        return 1
    print(f"\nLog in at {access['url']} with the password {password} as one of")
    print("\n".join(demo.log_ins()))
    print(f"\nWhat the campaign sends: {access['smtp_sink']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

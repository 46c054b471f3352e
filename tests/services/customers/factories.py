"""Minimal valid objects for the tests of customers."""

import csv
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from chassis.testing.tested import Person, TestedService
from services.customers.duplicates.rules import THE_ONE, DuplicateRules

REP = {
    "customers:read": "own",
    "customers:create": "own",
    "customers:change": "own",
    "customers:claim": "all",
    "customers:release": "own",
    "customers:import": "own",
    "customers:undo": "own",
}
LEAD = REP | {
    "customers:read": "team",
    "customers:change": "team",
    "customers:release": "team",
    "customers:assign": "team",
}
ADMIN = {"*": "all"}


def created(customers: TestedService, who: Person, **fields: Any) -> dict[str, Any]:
    """A new customer as its view."""
    answer = customers.call("create_customer", who, **({"name": "Example Trading"} | fields))
    assert answer.status == 201, answer.body
    return answer.body


def enforcing(customers: TestedService, *kinds: str) -> None:
    """Let the service refuse only those that have one of these keys of another."""
    with customers.session() as session:
        session.get_one(DuplicateRules, THE_ONE).enforce(list(kinds))


def pooled(customers: TestedService, who: Person, **fields: Any) -> dict[str, Any]:
    """A new customer in the shared pool."""
    return created(customers, who, in_pool=True, **fields)


def seen(customers: TestedService, who: Person, customer_id: Any) -> dict[str, Any]:
    """The view of a customer that the person sees."""
    answer = customers.call("get_customer", who, customer_id=customer_id)
    assert answer.status == 200, answer.body
    return answer.body


def names(answer: Any) -> list[str]:
    """The names on a page."""
    assert answer.status == 200, answer.body
    return [item["name"] for item in answer.body["items"]]


def etag(record: dict[str, Any]) -> str:
    """The ETag of a record as it was answered."""
    return f'"{record["version"]}"'


def upload(customers: TestedService, who: Person, rows: list[dict[str, Any]] | str | bytes) -> str:
    """A CSV file of these rows (or this text) among the person's uploads. Returns its key."""
    content = rows if isinstance(rows, str | bytes) else _csv(rows)
    key = f"uploads/{who.id}/{new_id()}"
    customers.blobs.put(key, BytesIO(content.encode() if isinstance(content, str) else content))
    return key


def imported(customers: TestedService, who: Person, rows: Any, **order: Any) -> dict[str, Any]:
    """The finished job of an import of these rows."""
    job_id = started(customers, who, rows, **order)
    customers.run_jobs()
    return job(customers, who, job_id)


def started(customers: TestedService, who: Person, rows: Any, **order: Any) -> UUID:
    """An import that waits to be run. Returns the id of the job."""
    answer = customers.call("import_customers", who, file=upload(customers, who, rows), **order)
    assert answer.status == 202, answer.body
    return UUID(answer.body["job_id"])


def undone(customers: TestedService, who: Person, job_id: Any, **order: Any) -> dict[str, Any]:
    """The finished job that takes back what a job has done."""
    answer = customers.call("undo_change_set", customers.stepped_up(who), change_set_id=job_id, **order)
    assert answer.status == 202, answer.body
    customers.run_jobs()
    return job(customers, who, UUID(answer.body["job_id"]))


def job(customers: TestedService, who: Person, job_id: UUID) -> dict[str, Any]:
    """The view of a job."""
    return customers.call("get_job", who, job_id=job_id).body


def result_rows(customers: TestedService, who: Person, finished: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the result file of a job."""
    answer = customers.call("get_job_file", who, job_id=finished["id"])
    assert answer.status == 200, answer.body
    with customers.blobs.open(answer.body["file"]) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))


def _csv(rows: list[dict[str, Any]]) -> str:
    text = StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()

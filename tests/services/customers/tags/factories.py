"""What the tests of tags do again and again."""

from typing import Any

from chassis.testing.tested import Person, TestedService
from tests.services.customers.factories import job


def defined(customers: TestedService, who: Person, name: str, **fields: Any) -> dict[str, Any]:
    """A new tag of the dictionary."""
    answer = customers.call("add_tag", who, name=name, **fields)
    assert answer.status == 201, answer.body
    return answer.body


def group(customers: TestedService, who: Person, name: str, *, exclusive: bool) -> str:
    """The id of a new group."""
    answer = customers.call("add_tag_group", who, name=name, exclusive=exclusive)
    assert answer.status == 201, answer.body
    return answer.body["id"]


def used(customers: TestedService, who: Person, **search: Any) -> dict[str, Any]:
    """How many customers have each tag, by its name."""
    answer = customers.call("find_tags", who, **search)
    assert answer.status == 200, answer.body
    return {one["name"]: one["customers"] for one in answer.body["items"]}


def only_dictionary(customers: TestedService, who: Person) -> None:
    """The house allows no free tags from now on."""
    version = customers.call("get_tag_rules", who).body["version"]
    assert customers.call("change_tag_rules", who, free=False, if_match=f'"{version}"').status == 200


def replaced(customers: TestedService, who: Person, operation: str, **order: Any) -> dict[str, Any]:
    """The finished job that renames, merges or removes."""
    answer = customers.call(operation, customers.stepped_up(who), **order)
    assert answer.status == 202, answer.body
    customers.run_jobs()
    return job(customers, who, answer.body["job_id"])

"""Walks operations × roles × records, and compares each answer with the policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.operations import PUBLIC
from chassis.service import Service
from chassis.testing.tested import TestAnswer
from tests.policy.rules import RELATIONS, ROLES, Rule, has
from tests.policy.world import World

Arguments = Callable[[str, str], dict[str, Any]]
"""What a request for a record of this relation to somebody of this role says."""


@dataclass(frozen=True)
class Row:
    """One line of the table: an operation, whom it obeys, and a request that is good but for that."""

    rule: Rule
    arguments: Arguments
    relations: tuple[str, ...] = RELATIONS
    otherwise: tuple[int | str, ...] = ()
    """Statuses or types of problems that only somebody who is let in gets, where success would take too much."""


def expected(world: World, operation: str, rule: Rule, role: str, relation: str) -> str:
    """What the policy says."""
    needs = world.service.service.operations()[operation].needs
    if ":" in needs and not has(role, needs):
        return "forbidden"
    return "done" if rule(role, relation) else "hidden"


def outcome(answer: TestAnswer, otherwise: tuple[int | str, ...] = ()) -> str:
    """What the service said; a conflict with the state of a record is said only to those who may see that state."""
    if answer.status < 400 or answer.status == 409:
        return "done"
    if answer.status in otherwise or answer.body.get("type") in otherwise:
        return "done"
    return {403: "forbidden", 404: "hidden"}.get(answer.status, f"{answer.status} {answer.body}")


def walk(world: World, table: Mapping[str, Row]) -> tuple[int, list[str]]:
    """How many requests were made, and where the service disagrees with the policy or left a trace of a refusal."""
    before, made, disagreements = world.rows(), 0, []
    for operation, row in table.items():
        for role in ROLES:
            for relation in row.relations:
                told = expected(world, operation, row.rule, role, relation)
                arguments = row.arguments(role, relation)
                answer = world.tried(operation, world.of_role[role], undone=told == "done", **arguments)
                made += 1
                said = outcome(answer, row.otherwise)
                if said != told:
                    disagreements.append(f"{operation} by {role} on {relation}: {said}, not {told}")
        if world.rows() != before:
            disagreements.append(f"{operation}: a refusal has left a trace")
            before = world.rows()
    return made, disagreements


def differences(service: type[Service], table: Mapping[str, Row]) -> set[str]:
    """Operations that take a caller and stand nowhere in the table, and lines of it that are about none."""
    offered = {name for name, one in service.operations().items() if one.path and one.needs != PUBLIC}
    return offered ^ set(table)

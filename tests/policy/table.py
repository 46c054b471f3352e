"""Walks operations × roles × records, and compares each answer with the policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.ids import new_id
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


def expected(world: World, operation: str, rule: Rule, role: str, relation: str) -> str:
    """What the policy says."""
    needs = world.service.service.operations()[operation].needs
    if ":" in needs and not has(role, needs):
        return "forbidden"
    return "done" if rule(role, relation) else "hidden"


def outcome(answer: TestAnswer) -> str:
    """What the service said; a conflict with the state of a record is said only to those who may see that state."""
    if answer.status < 400 or answer.status == 409:
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
                if outcome(answer) != told:
                    disagreements.append(f"{operation} by {role} on {relation}: {outcome(answer)}, not {told}")
        if world.rows() != before:
            disagreements.append(f"{operation}: a refusal has left a trace")
            before = world.rows()
    return made, disagreements


def not_in(world: World, table: Mapping[str, Row]) -> set[str]:
    """Operations with a route that need a permission and stand nowhere in the table."""
    described = {name: one for name, one in world.service.service.operations().items() if one.path}
    return {name for name, one in described.items() if ":" in one.needs} - set(table)


def walk_the_rest(world: World, operations: set[str]) -> list[str]:
    """Whom these operations let in without the permission that they need."""
    before, let_in = world.rows(), []
    for name in sorted(operations):
        one = world.service.service.operations()[name]
        arguments: dict[str, Any] = {parameter: new_id() for parameter in one.path_parameters}
        for role in ROLES:
            if not has(role, one.needs):
                answer = world.service.call(name, world.of_role[role], **arguments)
                if answer.status != 403:
                    let_in.append(f"{name} by {role}: {answer.status}")
    return let_in if world.rows() == before else [*let_in, "a refusal has left a trace"]

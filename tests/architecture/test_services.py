"""What holds for every service: it is a table of contents, it is fully described, and its roles and replicas fit."""

import ast
import re
from pathlib import Path

import pytest

from chassis import description
from chassis.command_line import service_in
from chassis.events import Event
from chassis.examples import example_of
from chassis.operations import PERMISSION

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))


def service(name):
    return service_in(f"services.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_service_py_is_a_table_of_contents(name):
    tree = ast.parse((ROOT / "services" / name / "service.py").read_text())
    (declared,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all(isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) for node in declared.body)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_has_a_readme_that_names_its_operations(name):
    readme = (ROOT / "services" / name / "README.md").read_text()
    paths = {one.path for one in service(name).operations().values() if one.path}
    missing = {path for path in paths if path.split("/{")[0] not in readme}
    assert missing == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_described_with_schema_errors_permission_and_example(name):
    fragment = description.of(service(name))["openapi"]
    for path, item in fragment["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["x-rockpool"]["needs"], where
            assert any(status.startswith("4") for status in operation["responses"]), where
            for content in contents(operation):
                assert "example" in content or "schema" not in content, where


def contents(operation):
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [body["content"]["application/json"] for body in bodies if "application/json" in body.get("content", {})]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_requests_are_accepted_by_their_schemas(name):
    components = description.of(service(name))["openapi"]["components"]
    for one in service(name).operations().values():
        if one.takes and not one.reads and one.path:
            schema = {"$ref": f"#/components/schemas/{one.takes.__name__}"}
            example = example_of(schema, components)
            assert one.takes().validate(example) == {}, f"{one.name}: {example}"


def test_event_types_and_resources_are_unique_over_the_suite():
    events = [event for name in NAMES for handler in service(name).handlers().values() for event in handler.events]
    by_name: dict[str, type[Event]] = {}
    for event in events:
        assert by_name.setdefault(event.__name__, event) is event


def test_services_hear_only_of_what_contracts_and_the_chassis_declare():
    for name in NAMES:
        for handler in service(name).handlers().values():
            for event in handler.events:
                assert issubclass(event, Event)
                known = ("contracts.", "chassis.identity", "chassis.gathering", "chassis.subjects")
                assert event.__module__.startswith(known)


ANNOUNCED = {"audit:read", "audit:export"}
"""Special rights whose operations are on their way."""


def test_the_built_in_roles_grant_only_permissions_that_some_service_asks_for():
    """Most are what an operation needs; some, such as interactions:change, only widen what one may do with it."""
    needed = {permission for name in NAMES for permission in service(name).permissions()}
    source = [path for room in ("chassis", "services") for path in (ROOT / room).rglob("*.py")]
    asked = {word for path in source for word in permissions_in(path) if not of_roles(path)}
    granted = permissions_in(ROOT / "services" / "auth" / "built_in_roles.py")
    assert granted <= needed | asked | ANNOUNCED


def permissions_in(path):
    return {word for word in re.findall(r'"([a-z_]+:[a-z_]+)"', path.read_text()) if PERMISSION.fullmatch(word)}


def of_roles(path):
    return path.parts[-2:] == ("auth", "built_in_roles.py")

"""docs/security.md keeps to what there is: its files, its tests, and what is open to those who are not logged in."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from chassis.command_line import service_in
from chassis.operations import PUBLIC
from gateway.own_operations import EXTENSION, OWN_PATHS

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FILE = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)+/?)(?:::(?P<test>\w+))?")
UNFENCED = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)


@cache
def rooms() -> frozenset[str]:
    """What stands at the top of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(name.partition("/")[0] for name in listed.splitlines())


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def files_named() -> list[tuple[Path, str | None]]:
    """The files and folders that stand in the text as code, with the test where one is named."""
    matches = (FILE.fullmatch(code) for code in CODE.findall(UNFENCED))
    return [(ROOT / m["path"], m["test"]) for m in matches if m and m["path"].partition("/")[0] in rooms()]


def rows_of(section: str) -> list[list[str]]:
    """The cells of the tables of a section, without their headings."""
    (part,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", UNFENCED, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in part.splitlines() if line.startswith("|")]
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    headings = {place for place, row in enumerate(tables[1:]) if set("".join(row)) <= {"-", ":"}}
    return [row for place, row in enumerate(tables) if place not in headings and place - 1 not in headings]


def open_operations() -> set[str]:
    """What works without logging in: of every service, and of the gateway itself."""
    declared = [one for name in SERVICES for one in service_in(f"services.{name}").operations().values()]
    own = [(method, path, op) for path, item in OWN_PATHS.items() for method, op in item.items()]
    return {f"{one.method} {one.path}" for one in declared if one.needs == PUBLIC} | {
        f"{method.upper()} {path}" for method, path, op in own if op[EXTENSION]["needs"] == PUBLIC
    }


def test_every_file_and_test_that_it_names_is_there():
    named = files_named()
    assert len(named) > 100
    absent = {str(path.relative_to(ROOT)) for path, _ in named if not path.exists()}
    renamed = {
        f"{path.name}::{test}" for path, test in named if test and path.exists() and test not in names_of_tests(path)
    }
    assert (absent, renamed) == (set(), set())


def test_every_page_that_it_links_to_is_there():
    assert {target for target in LINK.findall(UNFENCED) if not (ROOT / "docs" / target).exists()} == set()


def test_every_operation_that_is_open_to_everybody_is_explained_and_no_other():
    """A new one is written down with its reason, and what keeps it from being misused, before it is let out."""
    explained = {CODE.findall(row[0])[0]: row[1:] for row in rows_of("Open to everybody")}
    assert explained.keys() == open_operations()
    assert [name for name, (reason, protection) in explained.items() if not (reason and protection)] == []


SECTION = re.compile(r"V\d+\.\d+\b")
FULFILLED, PARTLY, MISSING, NOT_HERE = "yes", "partly", "no", "does not apply"


@pytest.mark.parametrize("row", rows_of("OWASP ASVS 5.0, level 2"), ids=lambda row: row[0].split()[0])
def test_what_is_said_to_be_fulfilled_names_where_and_by_which_test(row: list[str]):
    _, state, what, where, tests = row
    assert SECTION.match(row[0]) or row[0].startswith("V"), row[0]
    assert state in (FULFILLED, PARTLY, MISSING, NOT_HERE)
    assert what
    if state in (FULFILLED, PARTLY):
        assert where
        assert "::test_" in tests

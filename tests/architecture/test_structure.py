"""The shape of the source: small modules in their rooms, names from the trade, nothing of a machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ("chassis", "contracts", "services", "gateway", "devservers", "launcher", "benchmarks")
VAGUE = re.compile(r"^(utils?|helpers?|common|base|managers?|misc)$")
LONGEST_FUNCTION = 40
"""Lines with docstring; the habit is 4 to 15, this only stops what nobody would read."""


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    parts = [path.relative_to(ROOT).parts for path in tracked() if path.suffix == ".py"]
    return [ROOT.joinpath(*names) for names in parts if names[0] in (*SOURCE, "tests")]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_well_named_and_says_what_it_is(path):
    inside = path.relative_to(ROOT).parts
    text = path.read_text()
    lines = text.count("\n")
    assert lines < (500 if inside[0] == "tests" else 400), f"{lines} lines: split it by behaviour"
    assert not any(VAGUE.match(name.removesuffix(".py")) for name in inside), "a name that says nothing"
    if text and inside[0] != "tests":
        assert ast.get_docstring(ast.parse(text)), "no docstring"


def test_no_function_is_too_long_to_be_read_at_once():
    read = [path for path in modules() if path.relative_to(ROOT).parts[0] != "tests" and "versions" not in path.parts]
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in read
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ] == []


def test_every_public_function_and_class_says_what_it_means():
    silent = []
    for path in modules():
        if path.relative_to(ROOT).parts[0] in ("chassis", "contracts", "services", "gateway"):
            silent += [f"{path.relative_to(ROOT)}:{node.lineno} {node.name}" for node in unexplained(path)]
    assert silent == []


def unexplained(path: Path) -> list[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes without a docstring that are not explained by what they stand in."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return [
        node
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not any(explains(outer, node) for outer in nodes)
    ]


def explains(outer: ast.AST, node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether the node stands inside of a function, or is a member of a private class."""
    if not isinstance(outer, ast.FunctionDef | ast.ClassDef) or outer is node:
        return False
    inside = outer.lineno < node.lineno <= (outer.end_lineno or 0)
    return inside and (isinstance(outer, ast.FunctionDef) or outer.name.startswith("_"))


FORBIDDEN = {
    "a machine's path": re.compile(r"(?<![\w.])/(?:root|home/\w+|wor[k]|far[m])/"),
    "a package registry's address": re.compile(r"p[y]pi\.org|pythonh[o]sted|registry\.npm[j]s|deb[.]deb[i]an"),
    "a test that is switched off": re.compile(r"pytest\.mark\.(?:xfail|skip\b)"),
    "an unfinished note": re.compile(r"\b(?:TO[D]O|FIXM[E]|XX[X])\b"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_the_kind_is_committed(what):
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if FORBIDDEN[what].search(line)
        ]
    assert found == []


def test_no_environment_is_read_outside_of_settings():
    readers = {
        str(path.relative_to(ROOT))
        for path in modules()
        if re.search(r"os\.environ|os\.getenv", path.read_text()) and path.relative_to(ROOT).parts[0] in SOURCE[:4]
    }
    # The others only pass the environment on: to a child process, or where prometheus-client looks for it.
    passing_on = {"chassis/testing/processes.py", "gateway/gunicorn.py", "gateway/metrics.py", "gateway/openapi.py"}
    assert readers <= {"chassis/settings.py", *passing_on}

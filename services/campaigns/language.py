"""What a template may say: a small part of Jinja, closed by default, so that rendering ends soon and reveals nothing.

The sandbox of Jinja keeps templates away from Python, but not from time and memory: ``range``, ``10**10**10`` or
``x ~ x`` in a chain of assignments are enough. Here a template cannot call, calculate or assign at all. It can show
the variables below through harmless filters, choose with ``if``, and repeat with ``for`` a limited number of times.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "customer": ("name", "sector", "country", "city"),
    "contact": ("name", "email"),
    "campaign": ("name",),
    "sender": ("name",),
    "unsubscribe_url": (),
}
"""What there is to show, and the parts of it; one without parts is shown itself."""

LOOP = "loop"
LOOP_PARTS = ("index", "index0", "revindex", "revindex0", "first", "last", "length", "depth")
TEXT_FILTERS = {"upper", "lower", "title", "capitalize", "trim", "truncate", "escape", "e", "urlencode"}
FILTERS = frozenset(TEXT_FILTERS | {"default", "d", "length", "count", "first", "last"})
TESTS = frozenset({"defined", "undefined", "none", "eq", "ne", "equalto", "in"})
MAX_DEPTH = 40
STEPS = "_steps"
MOST_STEPS, LEAST_STEPS = 10_000, 100
LOOPED_CHARACTERS = 10_000_000
"""Steps times characters of the template, because one step may work through all of them."""

ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Getattr,
    nodes.Filter,
    nodes.Keyword,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
)
REFUSALS = {
    "Call": "Functions cannot be called in a template",
    "Assign": "Variables cannot be set in a template",
    "AssignBlock": "Variables cannot be set in a template",
    "Include": "Other templates cannot be included",
    "Import": "Other templates cannot be imported",
    "FromImport": "Other templates cannot be imported",
    "Extends": "Other templates cannot be extended",
    "Macro": "Macros cannot be defined",
    "Getitem": "Write customer.name rather than customer['name']",
}


class TooManySteps(ValueError):
    """The loops of a template run too often."""


class Steps:
    """How often the loops of one rendering may still go round: the longer the template, the less often."""

    def __init__(self, template_length: int) -> None:
        self._allowed = max(LEAST_STEPS, min(MOST_STEPS, LOOPED_CHARACTERS // max(template_length, 1)))
        self._left = self._allowed

    def take(self) -> None:
        """Raises TooManySteps when it is enough."""
        self._left -= 1
        if self._left < 0:
            raise TooManySteps(f"The loops go round more than {self._allowed} times")


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    steps = context[STEPS]
    for item in items:
        steps.take()
        yield item


def environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    """A Jinja environment for this language."""
    made = ImmutableSandboxedEnvironment(autoescape=autoescape, undefined=StrictUndefined, keep_trailing_newline=True)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS} | {_counted.__name__: _counted}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


def checked(jinja: Environment, source: str) -> nodes.Template:
    """The source as a tree whose loops are counted; raises TemplateSyntaxError for what the language has not."""
    tree = jinja.parse(source)
    nothing: frozenset[str] = frozenset()
    ahead: list[tuple[nodes.Node, frozenset[str], int]] = [(tree, nothing, 0)]
    while ahead:
        node, own_names, depth = ahead.pop()
        if depth > MAX_DEPTH:
            raise TemplateSyntaxError("The template is nested too deeply", node.lineno)
        _check(node, own_names)
        ahead += [(child, names, depth + 1) for child, names in _inside(node, own_names)]
    for loop in list(tree.find_all(nodes.For)):
        counted = nodes.Filter(loop.iter, _counted.__name__, [], [], None, None, lineno=loop.lineno)
        counted.set_environment(jinja)
        loop.iter = counted
    return tree


def _inside(node: nodes.Node, own_names: frozenset[str]) -> Iterator[tuple[nodes.Node, frozenset[str]]]:
    """The nodes below with the names that loops give them; what was checked as a whole has none."""
    if isinstance(node, nodes.Getattr):
        return
    within = own_names
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        within = own_names | {LOOP, node.target.name}
    for child in node.iter_child_nodes():
        outside = isinstance(node, nodes.For) and child is node.iter
        yield child, own_names if outside else within


def _check(node: nodes.Node, own_names: frozenset[str]) -> None:
    kind = type(node).__name__
    if not isinstance(node, ALLOWED):
        raise TemplateSyntaxError(REFUSALS.get(kind, f"{kind} is not a part of the template language"), node.lineno)
    if isinstance(node, nodes.Name):
        _check_name(node, own_names)
    elif isinstance(node, nodes.Getattr):
        _check_part(node, own_names)
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateSyntaxError(f"There is no filter {node.name!r}; there are {_listed(FILTERS)}", node.lineno)
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        raise TemplateSyntaxError(f"There is no test {node.name!r}; there are {_listed(TESTS)}", node.lineno)
    elif isinstance(node, nodes.For) and (node.recursive or not isinstance(node.target, nodes.Name)):
        raise TemplateSyntaxError("A loop has one variable and is not recursive", node.lineno)


def _check_name(node: nodes.Name, own_names: frozenset[str]) -> None:
    """A name that is shown itself: the variable of a loop, or a variable without parts."""
    if node.ctx == "store":
        if node.name in VARIABLES or node.name.startswith("_"):
            raise TemplateSyntaxError(f"A loop variable cannot be called {node.name!r}", node.lineno)
        return
    if node.name in own_names and node.name != LOOP:
        return
    if node.name not in VARIABLES:
        raise TemplateSyntaxError(f"There is no {node.name!r}; there are {_listed(VARIABLES)}", node.lineno)
    if VARIABLES[node.name]:
        raise TemplateSyntaxError(f"{node.name} has the parts {_listed(VARIABLES[node.name])}", node.lineno)


def _check_part(node: nodes.Getattr, own_names: frozenset[str]) -> None:
    owner = node.node.name if isinstance(node.node, nodes.Name) else ""
    parts = LOOP_PARTS if owner == LOOP and LOOP in own_names else VARIABLES.get(owner, ())
    if owner in own_names and owner != LOOP:
        parts = ()
    if node.attr not in parts:
        known = f"; it has {_listed(parts)}" if parts else ""
        raise TemplateSyntaxError(f"{owner or 'This'} has no {node.attr!r}{known}", node.lineno)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))

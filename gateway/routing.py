"""From the services' descriptions to a table of routes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.exceptions import NotFound as NoMatch
from werkzeug.routing import Map, Rule, UUIDConverter

from chassis.errors import Malformed
from gateway.problems import MethodNotAllowed

log = structlog.get_logger()

PREFIX = "/api/v1"
EXTENSION = "x-rockpool"
PUBLIC = "public"
DEFAULT_TIMEOUT_SECONDS = 5.0
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a gathered page."""

    name: str
    service: str
    method: str
    arguments: Mapping[str, Any]
    required: bool
    timeout: float


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What the gateway must know of an operation to offer it over HTTP."""

    http_method: str
    path: str
    service: str
    method: str
    public: bool
    timeout: float
    form: bool
    answer: str
    """How the result is handed over: json, file or document."""
    lists: frozenset[str]
    """The query parameters that may be repeated."""
    parts: tuple[Part, ...] = ()
    label: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.service}.{self.method}")


class UuidText(UUIDConverter):
    """Takes a UUID only, and leaves it the text that it is: JSON has no better type."""

    def to_python(self, value: str) -> Any:
        """The text."""
        return value


class RouteTable:
    """The routes of one set of descriptions; never changed, only replaced."""

    def __init__(self, descriptions: Iterable[Mapping[str, Any]]) -> None:
        self.operations: list[Operation] = []
        rules: dict[tuple[str, str], Rule] = {}
        described = list(descriptions)
        timeouts = _timeouts(described)
        for description in sorted(described, key=lambda one: str(one["service"])):
            for path, method, item in operations_of(description["openapi"]):
                operation = _operation(path, method, item, timeouts)
                rule = _rule(operation, item)
                if rules.setdefault((rule.rule, operation.http_method), rule) is rule:
                    self.operations.append(operation)
                else:
                    log.error("path described twice", service=operation.service, path=path, method=method)
        url_map = Map(list(rules.values()), merge_slashes=False, converters={"uuid_text": UuidText})
        self._adapter = url_map.bind("gateway")
        url_map.update()

    def match(self, path: str, method: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its path parameters; None if no path fits, MethodNotAllowed if only another method does."""
        try:
            rule, parameters = self._adapter.match(path, method, return_rule=True)
        except NoMatch:
            return None
        except WrongMethod as error:
            raise MethodNotAllowed(sorted({*(error.valid_methods or ()), "OPTIONS"})) from None
        return rule.endpoint, dict(parameters)

    def allowed(self, path: str) -> list[str]:
        """The methods that a path takes; empty if there is no such path."""
        methods = set(self._adapter.allowed_methods(path))
        return sorted(methods | {"OPTIONS"}) if methods else []


def operations_of(openapi: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Every operation of a fragment: path, HTTP method in lower case, and what is said of it."""
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(path: str, method: str, item: Mapping[str, Any], timeouts: Mapping[tuple[str, str], float]) -> Operation:
    extension = item[EXTENSION]
    return Operation(
        http_method=method.upper(),
        path=path,
        service=extension["service"],
        method=extension["method"],
        public=extension["needs"] == PUBLIC,
        timeout=extension.get("timeout", DEFAULT_TIMEOUT_SECONDS),
        form=extension.get("form", False),
        answer=extension.get("answer", "json"),
        lists=frozenset(one["name"] for one in _parameters(item, "query") if _takes_list(one)),
        parts=tuple(_part(part, timeouts) for part in extension.get("gather", ())),
    )


def _part(part: Mapping[str, Any], timeouts: Mapping[tuple[str, str], float]) -> Part:
    return Part(
        name=part["part"],
        service=part["service"],
        method=part["method"],
        arguments=part.get("arguments") or {},
        required=part.get("required", False),
        timeout=timeouts.get((part["service"], part["method"]), DEFAULT_TIMEOUT_SECONDS),
    )


def _timeouts(descriptions: list[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    extensions = [
        item[EXTENSION] for one in descriptions for _, _, item in operations_of(one["openapi"]) if EXTENSION in item
    ]
    return {(one["service"], one["method"]): one.get("timeout", DEFAULT_TIMEOUT_SECONDS) for one in extensions}


def _rule(operation: Operation, item: Mapping[str, Any]) -> Rule:
    """A UUID is asked for in the path itself, if the operation says that nothing is found under anything else."""
    path = operation.path
    for parameter in _parameters(item, "path"):
        name = parameter["name"]
        is_uuid = parameter.get("schema", {}).get("format") == "uuid" and "404" in item.get("responses", {})
        path = path.replace(f"{{{name}}}", f"<uuid_text:{name}>" if is_uuid else f"<{name}>")
    return Rule(PREFIX + path, methods=[operation.http_method], endpoint=operation)


def _parameters(item: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    return [one for one in item.get("parameters", ()) if one.get("in") == place]


def _takes_list(parameter: Mapping[str, Any]) -> bool:
    kind = parameter.get("schema", {}).get("type")
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def decoded_path(environ: Mapping[str, Any]) -> str:
    """The path as text; raises Malformed unless it is UTF-8 behind its percent signs."""
    path = str(environ["PATH_INFO"])
    if path.isascii():
        return path
    try:
        return path.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise Malformed("The path is not UTF-8") from None

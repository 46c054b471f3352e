"""The OpenAPI document of the whole API: the services' descriptions and the gateway's own operations in one.

``python -m gateway.openapi`` builds it from the service packages without a broker.
"""

import argparse
import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gateway.own_operations import HEADERS, OWN_PATHS, OWN_SCHEMAS, OWN_TAG, REFUSALS, SECURITY_SCHEMES
from gateway.routing import EXTENSION, METHODS, PREFIX, PUBLIC

VERSION = "1.0.0"
SERVICES_FOLDER = Path("services")
DEFAULT_FILE = Path("docs/api/openapi.json")
ERROR_STATUSES = range(400, 600)

Schema = dict[str, Any]


def build(descriptions: Iterable[Mapping[str, Any]]) -> Schema:
    """The document; the order of the descriptions does not matter."""
    described = sorted(descriptions, key=lambda one: str(one["service"]))
    fragments = [_own_names(one["service"], one["openapi"], _shared_names(described)) for one in described]
    paths: dict[str, Any] = {}
    for fragment in fragments:
        for path, item in fragment["paths"].items():
            paths.setdefault(path, {}).update({method: item[method] for method in METHODS if method in item})
    schemas = {name: schema for one in fragments for name, schema in _schemas(one).items()} | OWN_SCHEMAS
    finished = {path: _finished(item) for path, item in sorted((paths | OWN_PATHS).items())}
    responses = _share_responses(finished)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rockpool",
            "version": VERSION,
            "description": "The API of the suite. Every operation of every service is described by the service itself.",
        },
        "servers": [{"url": PREFIX, "description": "This gateway"}],
        "tags": [tag for one in fragments for tag in one.get("tags", [])] + [OWN_TAG],
        "paths": finished,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "schemas": dict(sorted(schemas.items())),
            "responses": responses,
            "headers": HEADERS,
        },
        "security": [{"bearer": []}],
    }


def _schemas(fragment: Mapping[str, Any]) -> dict[str, Any]:
    return dict(fragment.get("components", {}).get("schemas", {}))


def _shared_names(descriptions: list[Mapping[str, Any]]) -> set[str]:
    """Names of schemas that mean different things in different services."""
    meanings: dict[str, list[Any]] = {name: [schema] for name, schema in OWN_SCHEMAS.items()}
    for description in descriptions:
        for name, schema in _schemas(description["openapi"]).items():
            known = meanings.setdefault(name, [])
            if schema not in known:
                known.append(schema)
    return {name for name, known in meanings.items() if len(known) > 1 and name != "Problem"}


def _own_names(service: str, fragment: Mapping[str, Any], shared: set[str]) -> Schema:
    """The fragment with the service's name before each schema name that others use for something else."""
    renamed = {name: f"{service.title()}{name}" for name in _schemas(fragment) if name in shared}
    own: Schema = _with_references(fragment, renamed)
    if renamed:
        own["components"]["schemas"] = {renamed.get(name, name): one for name, one in _schemas(own).items()}
    return own


def _with_references(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _reference(item, renamed) if key == "$ref" else _with_references(item, renamed)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_references(item, renamed) for item in value]
    return value


def _reference(target: Any, renamed: Mapping[str, str]) -> Any:
    start, _, name = str(target).rpartition("/")
    return f"{start}/{renamed.get(name, name)}"


def _finished(item: Mapping[str, Any]) -> Schema:
    return {method: _with_edges(operation) for method, operation in item.items()}


def _with_edges(operation: Mapping[str, Any]) -> Schema:
    """The operation with what the gateway adds: permission in words, refusals of its own, headers."""
    own = copy.deepcopy(dict(operation))
    extension = own.get(EXTENSION, {})
    needs = extension.get("needs", "authenticated")
    own["x-permission"] = needs
    if needs == PUBLIC:
        own["security"] = []
    responses = own.setdefault("responses", {})
    for status, refusal in REFUSALS.items():
        if _may_be_refused(status, own, needs):
            responses.setdefault(status, refusal)
    if "404" in responses:
        responses["404"]["description"] += " `no-such-path`: Nothing is found under this address."
    for status, response in responses.items():
        _add_headers(int(status), response)
    own["responses"] = dict(sorted(responses.items()))
    return own


def _may_be_refused(status: str, operation: Mapping[str, Any], needs: str) -> bool:
    if status in ("401", "403"):
        return needs != PUBLIC
    if status in ("413", "415"):
        return "requestBody" in operation
    return True


def _add_headers(status: int, response: Schema) -> None:
    names = ["RateLimit", "RateLimit-Policy"]
    if status in (429, 503):
        names.append("Retry-After")
    if status == 401:
        names.append("WWW-Authenticate")
    headers = response.setdefault("headers", {})
    for name in names:
        headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _share_responses(paths: Mapping[str, Any]) -> Schema:
    """Put error responses that are the same in many operations into one place, and refer to it from there."""
    shared: Schema = {}
    names: dict[str, str] = {}
    for item in paths.values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if int(status) not in ERROR_STATUSES:
                    continue
                content = json.dumps(response, sort_keys=True)
                if content not in names:
                    names[content] = _free_name(f"Error{status}", shared)
                    shared[names[content]] = response
                operation["responses"][status] = {"$ref": f"#/components/responses/{names[content]}"}
    return shared


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)


def describe(package: str) -> Mapping[str, Any]:
    """The description of a service package, by asking it in a process of its own: nothing of it is imported here."""
    asked = [sys.executable, "-m", "chassis", "describe", package]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    answer = subprocess.run(asked, check=True, stdout=subprocess.PIPE, env=environment)
    return dict(json.loads(answer.stdout))


def packages_in(folder: Path) -> list[str]:
    """The service packages of a folder."""
    return sorted(f"{folder.name}.{service.parent.name}" for service in folder.glob("*/service.py"))


def text_of(document: Schema) -> str:
    """The document as it is kept in a file: a change of one field is a change of one line."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def main(words: list[str] | None = None) -> int:
    """Print the document, write it, or check that a file holds it."""
    parser = argparse.ArgumentParser(prog="python -m gateway.openapi", description=main.__doc__)
    parser.add_argument("packages", nargs="*", help="service packages; all in the services folder by default")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", type=Path, metavar="FILE", help="fail unless the file holds the document")
    action.add_argument("--write", type=Path, metavar="FILE", help="write the document to the file")
    given = parser.parse_args(words)
    text = text_of(build(describe(package) for package in given.packages or packages_in(SERVICES_FOLDER)))
    if given.check:
        return _check(given.check, text)
    if given.write:
        given.write.parent.mkdir(parents=True, exist_ok=True)
        given.write.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def _check(file: Path, text: str) -> int:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return 0
    print(f"{file} is not what the services describe; run: python -m gateway.openapi --write {file}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

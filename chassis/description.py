"""The description of a service: a fragment of an OpenAPI 3.1 document, from which the gateway makes its routes."""

import hashlib
import inspect
import re
from typing import Any
from uuid import UUID

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from chassis.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    StepUpRequired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from chassis.events import encode
from chassis.examples import with_examples
from chassis.field_policy.intake import ReadOnlyField
from chassis.field_policy.schemas import governed_by_rules, is_governed, may_be_hidden, nested_in
from chassis.filter_description import tree_schema
from chassis.filters import FilterTooLarge, FilterTree
from chassis.idempotency import KeyReused, StillRunning
from chassis.merging.redirecting import Merged
from chassis.operations import PUBLIC, Document, File, Gather, Operation
from chassis.service import Service, path_types

EXTENSION = "x-rockpool"
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PATH_SCHEMAS: dict[type, dict[str, Any]] = {
    UUID: {"type": "string", "format": "uuid"},
    str: {"type": "string"},
    int: {"type": "integer"},
}

FORM_ENCODINGS = ("application/x-www-form-urlencoded", "multipart/form-data")
STEP_UP_TEXT = "Takes a step-up: prove once more, in the five minutes before, that it is you (`POST /auth/step-up`)."
IF_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag of the record as you read it; a newer one is not overwritten.",
    "schema": {"type": "string", "pattern": r'^(W/)?"[0-9]{1,9}"$', "example": '"1"'},
}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A key of your own choice; the same request with the same key has its effect once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def of(service: type[Service]) -> dict[str, Any]:
    """The description, with a fingerprint that changes when anything in it does."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(service.name, "1", "3.1.0", plugins=[marshmallow])
    assert marshmallow.converter is not None  # since the line above
    marshmallow.converter.add_attribute_function(_filter_reference)
    for one in service.operations().values():
        if one.path is not None:
            spec.path(path=one.path, operations={one.method.lower(): _operation(service, one)})
    for page in service.gathers().values():
        spec.path(path=page.path, operations={"get": _gather(service, page)})
    content = spec.to_dict()
    _let_hidden_fields_be_missing(service, content.get("components", {}))
    _travel_as_json(content["paths"])
    fragment = {
        "tags": [{"name": service.name, "description": inspect.getdoc(service) or ""}],
        "paths": with_examples(content["paths"], content.get("components", {})),
        "components": content.get("components", {}),
    }
    fingerprint = hashlib.sha256(encode(fragment)).hexdigest()
    return {"service": service.name, "fingerprint": fingerprint, "openapi": fragment}


def _let_hidden_fields_be_missing(service: type[Service], components: dict[str, Any]) -> None:
    """A field that rules may hide from somebody is no required one of an answer."""
    for one in service.operations().values():
        for schema in _schemas_of(one.gives):
            described = components.get("schemas", {}).get(schema.__name__, {})
            if "required" in described:
                hideable = {name for name in governed_by_rules(schema) if may_be_hidden(schema, name)}
                described["required"] = [name for name in described["required"] if name not in hideable]


def _schemas_of(gives: Any) -> list[type[Schema]]:
    """The schema of an answer and all that are nested in it."""
    if not (isinstance(gives, type) and issubclass(gives, Schema)):
        return []
    return [gives, *(one for inner, _ in nested_in(gives).values() for one in _schemas_of(inner))]


def _operation(service: type[Service], one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{service.name}.{one.name}",
        "tags": [service.name],
        "summary": one.summary,
        "parameters": _path_parameters(one),
        "responses": _responses(one, service.merging),
        EXTENSION: {
            "service": service.name,
            "method": one.name,
            "needs": one.needs,
            "guarded": one.guarded,
            "timeout": one.timeout,
            "form": one.form,
            "answer": one.answer_kind,
            **({"step_up": True} if one.step_up else {}),
        },
    }
    if text := _text_of(one):
        described["description"] = text
    if one.takes and one.reads:
        described["parameters"].append({"in": "query", "schema": one.takes})
    elif one.takes:
        described["requestBody"] = _request_body(one)
    if one.needs == PUBLIC:
        described["security"] = []
    described["parameters"] += _header_parameters(one)
    return described


def _text_of(one: Operation) -> str:
    """What the function says of itself, and what a reader has to do first."""
    return "\n\n".join(text for text in (one.description, STEP_UP_TEXT if one.step_up else "") if text)


def _filter_reference(converter: Any, field: Any, ret: dict[str, Any]) -> dict[str, Any]:
    """Describe the trees of a field once, and refer to them; called by apispec for each field of each schema."""
    if not isinstance(field, FilterTree):
        return {}
    ret.pop("default", None)
    reference = {"$ref": f"#/components/schemas/{field.called}"}
    schemas = converter.spec.components
    if field.called not in schemas.schemas:
        plain = {name: column for name, column in field.columns.items() if ":" not in name}
        custom = {"x-custom-tests": field.custom} if field.custom else {}
        schemas.schema(field.called, tree_schema(plain, reference) | custom)
    return {"anyOf": [reference, {"type": "null"}]} if field.allow_none else reference


def _travel_as_json(paths: dict[str, Any]) -> None:
    """Say of the query parameters that are no mere values that they are JSON texts."""
    parameters = [one for item in paths.values() for described in item.values() for one in described["parameters"]]
    for one in parameters:
        if one["in"] == "query" and not one["schema"].keys().isdisjoint({"$ref", "anyOf"}):
            one["content"] = {"application/json": {"schema": one.pop("schema")}}


def _request_body(one: Operation) -> dict[str, Any]:
    kinds = ["application/json", *(FORM_ENCODINGS if one.form else ())]
    needed = any(field.required for field in one.takes._declared_fields.values()) if one.takes else False
    return {"required": needed, "content": {kind: {"schema": one.takes} for kind in kinds}}


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": PATH_SCHEMAS[kind]}
        for name, kind in path_types(one).items()
    ]


def _header_parameters(one: Operation) -> list[dict[str, Any]]:
    parameters = [IF_MATCH] if one.guarded else []
    if not one.reads and one.needs != PUBLIC:
        parameters.append(IDEMPOTENCY_KEY)
    return parameters


def _responses(one: Operation, merging: Any) -> dict[str, Any]:
    responses: dict[str, Any] = {str(one.status): _success(one)}
    for status, problems in sorted(_problems(one, merging).items()):
        described = sorted({f"`{problem.slug}`: {problem.title}" for problem in problems})
        responses[str(status)] = {"description": ". ".join(described) + ".", "content": _content_of(problems)}
    return responses


def _content_of(problems: list[type[Problem]]) -> dict[str, Any]:
    """The shape of problems of one status, with the members that some of them have beyond the usual ones."""
    members = {name: schema for problem in problems for name, schema in problem.members.items()}
    if not members:
        return PROBLEM
    usual = PROBLEM["application/problem+json"]["schema"]
    return {"application/problem+json": {"schema": {"allOf": [usual, {"type": "object", "properties": members}]}}}


def _success(one: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if one.gives is File:
        success["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    elif one.gives is Document:
        success["content"] = {"text/html": {"schema": {"type": "string"}}}
    elif one.gives:
        success["content"] = {"application/json": {"schema": one.gives}}
        if "version" in one.gives._declared_fields:
            text = "The version of the record, for If-Match."
            success["headers"] = {"ETag": {"description": text, "schema": {"type": "string"}}}
    return success


def _problems(one: Operation, merging: Any) -> dict[int, list[type[Problem]]]:
    """Everything that may go wrong, by status: what each operation may answer, and the refusals of its own."""
    problems: list[type[Problem]] = [Malformed, TooManyRequests, Unavailable, DeadlineExceeded, *one.errors]
    if one.needs != PUBLIC:
        problems += [Unauthenticated, Forbidden]
    if one.step_up:
        problems.append(StepUpRequired)
    if one.takes and not one.reads and is_governed(one.takes):
        problems.append(ReadOnlyField)
    if one.path_parameters:
        problems.append(NotFound)
    problems.append(Invalid)
    if merging and _names_record(one, merging.pointer):
        problems.append(Merged)
    if one.takes and any(isinstance(field, FilterTree) for field in one.takes._declared_fields.values()):
        problems.append(FilterTooLarge)
    if not one.reads and one.needs != PUBLIC:
        problems += [Conflict, StillRunning, KeyReused]
    if one.guarded:
        problems += [PreconditionRequired, PreconditionFailed]
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem)
    return by_status


def _names_record(one: Operation, pointer: str) -> bool:
    """Whether an operation can be asked for a record that was merged away."""
    return pointer in one.path_parameters or bool(one.takes and pointer in one.takes._declared_fields)


def _gather(service: type[Service], page: Gather) -> dict[str, Any]:
    parameters = [
        {"in": "path", "name": name, "required": True, "schema": PATH_SCHEMAS[UUID]}
        for name in re.findall(r"{(\w+)}", page.path)
    ]
    problems = (
        Unauthenticated,
        Forbidden,
        NotFound,
        *((Merged,) if service.merging else ()),
        Invalid,
        Malformed,
        TooManyRequests,
        Unavailable,
        DeadlineExceeded,
    )
    responses: dict[str, Any] = {
        str(p.status): {"description": f"`{p.slug}`: {p.title}.", "content": _content_of([p])} for p in problems
    }
    responses["200"] = {"description": "The page.", "content": {"application/json": {"schema": _gathered(page)}}}
    return {
        "operationId": f"{service.name}.{page.name}",
        "tags": [service.name],
        "summary": page.summary,
        "parameters": parameters,
        "responses": responses,
        EXTENSION: {"service": service.name, "method": page.name, "needs": "authenticated", "gather": _parts(page)},
    }


def _gathered(page: Gather) -> dict[str, Any]:
    reason = {"type": "string", "enum": ["unavailable", "forbidden", "timeout"]}
    missing = {
        "type": "object",
        "properties": {"part": {"type": "string"}, "reason": reason},
        "required": ["part", "reason"],
    }
    properties: dict[str, Any] = {name: {"type": ["object", "null"]} for name in page.parts}
    properties["missing"] = {"type": "array", "items": missing}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _parts(page: Gather) -> list[dict[str, Any]]:
    parts = []
    for name, part in page.parts.items():
        service, _, method = part.operation.partition(".")
        required = name == next(iter(page.parts))
        parts.append(
            {"part": name, "service": service, "method": method, "arguments": part.arguments, "required": required}
        )
    return parts


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    assert issubclass(kind, Schema)
    return kind.__name__

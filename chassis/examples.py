"""Examples for the OpenAPI document, put together from the examples of the fields."""

from typing import Any

BY_FORMAT = {
    "uuid": "01900000-0000-7000-8000-000000000000",
    "date-time": "2026-01-31T09:00:00Z",
    "date": "2026-01-31",
    "email": "hello@example.com",
    "uri": "https://example.com/",
}
BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "object": {}, "null": None}


def with_examples(paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The paths with an example for each JSON request and answer."""
    for item in paths.values():
        for operation in item.values():
            for content in _contents(operation):
                if "schema" in content:
                    content["example"] = example_of(content["schema"], components)
    return paths


def example_of(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """A value that fits the schema, made of the examples given in it."""
    if "$ref" in schema:
        return example_of(components["schemas"][schema["$ref"].rpartition("/")[2]], components)
    if "example" in schema:
        return schema["example"]
    for choice in ("enum", "examples"):
        if schema.get(choice):
            return schema[choice][0]
    for union in ("allOf", "anyOf", "oneOf"):
        if schema.get(union):
            return example_of(schema[union][0], components)
    return _by_type(schema, components)


def _by_type(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return [example_of(schema["items"], components)] if schema.get("items") else []
    if kind == "object" and "properties" in schema:
        wanted = {name: inner for name, inner in schema["properties"].items() if not inner.get("x-alternative")}
        return {name: example_of(inner, components) for name, inner in wanted.items()}
    if "default" in schema:
        return schema["default"]
    return BY_FORMAT.get(schema.get("format", ""), schema.get("minimum", BY_TYPE[kind]))


def _contents(operation: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    json = [body.get("content", {}).get("application/json") for body in bodies]
    return [content for content in json if content]

"""Field rules in payloads: which access to which field of which kind of record a role gives."""

from typing import Any

from marshmallow import ValidationError, fields

from chassis.identity.policy import ACCESSES, CUSTOM_NAME, Access, Field, Resource
from contracts.resources import RESOURCES

GOVERNED = {name: resource for name, resource in RESOURCES.items() if resource.fields}


def allowed(field: Field) -> list[str]:
    """The accesses that a rule may give to a field."""
    known = (access for access in Access if access >= field.least)
    return [access.spelling for access in known if access is not Access.MASKED or _maskable(field)]


def _maskable(field: Field) -> bool:
    return field.mask is not None


def _described(field: Field) -> dict[str, Any]:
    access = {"type": "string", "enum": allowed(field)}
    both = {"type": "object", "properties": {"own": access, "others": access}, "required": ["own", "others"]}
    return {"anyOf": [access, {**both, "additionalProperties": False}]}


def _described_resource(resource: Resource) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if custom := resource.declared("custom.any"):
        described["patternProperties"] = {f"^{CUSTOM_NAME.pattern}$": _described(custom)}
    return described | {"properties": {name: _described(field) for name, field in resource.fields.items()}}


class FieldRules(fields.Field[Any]):
    """By resource and field an access, or one for own records and one for those of others."""

    def __init__(self, **options: Any) -> None:
        metadata = {
            "type": "object",
            "description": (
                "By resource and field: `hidden`, `masked`, `read_only` or `full`; or an access for your `own` records "
                "and another for those of `others`. What no role speaks of is open."
            ),
            "properties": {name: _described_resource(resource) for name, resource in GOVERNED.items()},
            "additionalProperties": False,
            "example": {"customers": {"phone": {"own": "full", "others": "masked"}, "revenue": "hidden"}},
        }
        super().__init__(metadata=metadata, **options)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, dict[str, Any]]:
        if not isinstance(value, dict):
            raise ValidationError("Not a mapping of resources to fields.")
        complaints = {name: messages for name, rules in value.items() if (messages := _complaints(name, rules))}
        if complaints:
            raise ValidationError(complaints)
        return {name: rules for name, rules in value.items() if rules}


def _complaints(name: Any, rules: Any) -> Any:
    if name not in GOVERNED:
        return ["There is no such kind of record with fields under rules."]
    if not isinstance(rules, dict):
        return ["Not a mapping of fields to accesses."]
    known = GOVERNED[name].declared
    return {field: [message] for field, rule in rules.items() if (message := _complaint(known(field), rule))}


def _complaint(field: Field | None, rule: Any) -> str | None:
    if field is None:
        return "No rule can be made for this field."
    said = list(rule.values()) if isinstance(rule, dict) and set(rule) == {"own", "others"} else [rule]
    choices = allowed(field)
    if all(isinstance(one, str) and one in ACCESSES and one in choices for one in said):
        return None
    return f"Expected one of {', '.join(choices)}, or one of them for own and one for others."

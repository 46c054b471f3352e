"""Answers, reduced to what the caller may see: hidden fields are left out, masked ones show their mask."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema

from chassis.field_policy.schemas import governed_by_rules, nested_in, resource_of
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM, Access, FieldRules, Mask, Resource

Reduce = Callable[[Any, UUID], None]
"""Reduces an answer, in place, for the person with this id."""

Cut = Callable[[dict[str, Any], bool, Collection[str]], None]
"""Reduces the values of the custom fields of a record, of one's own or of somebody else's, of which some are secret."""

CustomCuts = Callable[[str, FieldRules], Cut]
"""What does so with records of a resource under rules."""


@dataclass(frozen=True)
class _Cuts:
    """What is taken from one record."""

    hidden: tuple[str, ...]
    masks: tuple[tuple[str, Mask], ...]

    def apply(self, record: dict[str, Any]) -> None:
        for name in self.hidden:
            record.pop(name, None)
        for name, mask in self.masks:
            value = record.get(name)
            if value is not None:
                record[name] = mask(str(value))


@dataclass(frozen=True)
class _Plan:
    """What is taken from the records of one schema, and from those nested in them."""

    owner: str
    lends_owner: bool
    """Whether the owner was only selected for this decision and is no field of the answer."""
    withheld: str
    """The member that names fields which are withheld of this record."""
    withholdable: tuple[tuple[str, str, Mask | None], ...]
    """The fields under rules, each with the name that it is withheld by, and its mask."""
    own: _Cuts
    others: _Cuts
    nested: "tuple[tuple[str, bool, _Plan], ...]"
    custom: Cut | None

    def reduce(self, record: Any, user_id: UUID, text: str, *, own: bool = False, secret: Any = ()) -> None:
        if not isinstance(record, dict):
            return
        secret = record.pop(self.withheld, None) or secret
        if self.owner in record:
            owner = record.pop(self.owner) if self.lends_owner else record[self.owner]
            own = owner == (text if isinstance(owner, str) else user_id)
        (self.own if own else self.others).apply(record)
        if self.custom and record.get(CUSTOM):
            self.custom(record[CUSTOM], own, secret if self.withholdable else ())
        if secret:
            self._withhold(record, secret)
        for name, many, plan in self.nested:
            inner = record.get(name)
            if inner:
                for one in inner if many else (inner,):
                    plan.reduce(one, user_id, text, own=own, secret=secret)

    def _withhold(self, record: dict[str, Any], secret: Any) -> None:
        """Mask what is secret of this record, or leave it out where nothing is left to be shown."""
        for name, called, mask in self.withholdable:
            if called in secret and record.get(name) is not None:
                if mask is None:
                    del record[name]
                else:
                    record[name] = mask(str(record[name]))


def shown(caller: Caller, resource: Resource, name: str, value: Any, *, own: bool, secret: bool = False) -> Any:
    """What the caller may see of one value, for what is put together otherwise than by a schema; None if nothing.

    ``secret``: the field is withheld of this record.
    """
    access = caller.access(resource, name, own=own)
    access = min(access, Access.MASKED) if secret else access
    if access >= Access.READ or value is None:
        return value
    mask = resource.fields[name].mask
    return mask(str(value)) if access is Access.MASKED and mask else None


def lent_members(schema: type[Schema]) -> list[str]:
    """What rows and entities bring for these decisions only."""
    resource, owner = resource_of(schema), lent_owner(schema)
    return [name for name in (owner, resource.withheld if resource else None) if name]


def lent_owner(schema: type[Schema]) -> str | None:
    """The field that says whose own a record is, if the schema does not have it: rows bring it, answers lose it."""
    resource = resource_of(schema)
    if resource is None or not resource.fields or resource.owner in schema._declared_fields:
        return None
    return resource.owner or None


def reduction(schema: type[Schema], rules: FieldRules, custom: CustomCuts | None = None) -> Reduce | None:
    """What makes an answer of this schema fit for somebody under these rules; None if he may see all of it."""
    plan = _plan(schema, rules, custom)
    if plan is None:
        return None
    return lambda answer, user_id: plan.reduce(answer, user_id, str(user_id))


def _plan(schema: type[Schema], rules: FieldRules, custom: CustomCuts | None) -> _Plan | None:
    own, others = _cuts(schema, rules, own=True), _cuts(schema, rules, own=False)
    inner = ((name, many, _plan(one, rules, custom)) for name, (one, many) in nested_in(schema).items())
    nested = tuple((name, many, plan) for name, many, plan in inner if plan)
    lent, resource = lent_owner(schema), resource_of(schema)
    holds_custom = resource is not None and resource.custom and CUSTOM in schema._declared_fields
    cut = custom(resource.name, rules) if custom and resource and holds_custom else None
    withheld = resource.withheld if resource else ""
    if not (nested or lent or cut or withheld or own.hidden or own.masks or others.hidden or others.masks):
        return None
    names = () if rules.unlimited else _withholdable(schema)
    return _Plan(resource.owner if resource else "", lent is not None, withheld, names, own, others, nested, cut)


def _withholdable(schema: type[Schema]) -> tuple[tuple[str, str, Mask | None], ...]:
    resource = resource_of(schema)
    if resource is None:
        return ()
    declared = ((name, resource.fields[name]) for name in governed_by_rules(schema))
    return tuple((name, field.within[1] if field.within else name, field.mask) for name, field in declared)


def _cuts(schema: type[Schema], rules: FieldRules, *, own: bool) -> _Cuts:
    resource = resource_of(schema)
    if resource is None:
        return _Cuts((), ())
    accesses = {name: rules.access(resource, name, own=own) for name in governed_by_rules(schema)}
    masks = ((name, resource.fields[name].mask) for name, access in accesses.items() if access is Access.MASKED)
    hidden = tuple(name for name, access in accesses.items() if access is Access.HIDDEN)
    return _Cuts(hidden, tuple((name, mask) for name, mask in masks if mask))

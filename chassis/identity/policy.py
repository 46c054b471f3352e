"""Access to fields: each kind of record declares its fields once, and roles say who may see and write which.

Other services that keep a replica of such records obey the same declaration.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from chassis.identity import masks

Mask = Callable[[str], str]

CUSTOM = "custom"
"""The field of a record that holds the values of custom fields."""

CUSTOM_NAME = re.compile(r"custom\.[a-z][a-z0-9_]{0,39}")
"""How callers and rules call a custom field."""


class Access(IntEnum):
    """What may be done with a field; a wider access includes the narrower ones."""

    HIDDEN = 1
    MASKED = 2
    READ = 3
    WRITE = 4

    @classmethod
    def named(cls, name: str) -> "Access":
        """The access as roles spell it: hidden, masked, read_only or full. Raises KeyError for anything else."""
        return ACCESSES[name]

    @property
    def spelling(self) -> str:
        """The access as roles spell it."""
        return SPELLINGS[self]


ACCESSES = {"hidden": Access.HIDDEN, "masked": Access.MASKED, "read_only": Access.READ, "full": Access.WRITE}
SPELLINGS = {access: name for name, access in ACCESSES.items()}

NOBODY = ""
"""``owner`` of a resource whose records are nobody's own."""

Rule = str | Mapping[str, str]
"""``"masked"``, or ``{"own": "full", "others": "masked"}``: own records are those whose owner is the caller."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field whose access roles may narrow."""

    default: Access = Access.WRITE
    """What holds as long as no role says anything."""
    least: Access = Access.HIDDEN
    """What no role goes below: a record without its name could not be told from others."""
    mask: Mask | None = None
    """What is shown where the access is masked; without one nothing is."""
    within: "tuple[Resource, str] | None" = None
    """A field of another resource whose access is never exceeded, such as the customer's phone by a contact's."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of record: what is known of its fields.

    ``fields`` are under the rules of roles. ``fixed`` ones, such as ids, versions and times, are seen by whoever sees
    the record, and only operations change them. ``internal`` ones never leave the service. A field of a schema or a
    column of a model that stands in none of them stops the service at start.
    """

    name: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    fixed: frozenset[str] | tuple[str, ...] = ()
    internal: frozenset[str] | tuple[str, ...] = ()
    owner: str = "owner_id"
    """The field that names the person whose own the record is."""
    withheld: str = ""
    """A member of records that names fields which, of this one, are shown to nobody in full; answers do not have it."""
    permissions: str = ""
    """The resource in the permissions that let somebody see such records; its own name if it is not said."""
    custom: bool = False
    """Whether a house can add fields (``chassis.custom_fields``); rules call them ``custom.<key>``."""

    def declared(self, name: str) -> "Field | None":
        """What is said of a field under rules, also of one that a house may have added; None if it is no such field."""
        if self.custom and CUSTOM_NAME.fullmatch(name):
            return Field(mask=masks.text, within=(self, CUSTOM))
        return self.fields.get(name)

    def knows(self, name: str) -> bool:
        """Whether the field was declared at all."""
        return name in self.fields or name in self.fixed or name in self.internal

    def readable(self, columns: Mapping[str, Any], rules: "FieldRules") -> dict[str, Any]:
        """Those of the columns, by name, whose values may be read in every record: for filters, orders and groups."""
        return {name: column for name, column in columns.items() if rules.reads(self, name)}


class FieldRules:
    """What the roles of a caller say about fields, all together. Hashable, so that what follows from it can be kept."""

    __slots__ = ("_everything", "_hash", "_key", "_rules")

    def __init__(self, rules: Mapping[tuple[str, str], tuple[Access, Access]], *, everything: bool = False) -> None:
        """``rules``: (resource, field) → access to own records and to others'; with ``everything`` none hold."""
        self._rules = {} if everything else dict(rules)
        self._everything = everything
        self._key: Hashable = (everything, tuple(sorted(self._rules.items())))
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldRules) and (self is other or self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    @classmethod
    def of_roles(cls, roles: Iterable[Mapping[str, Mapping[str, Rule]]]) -> "FieldRules":
        """The rules of several roles: of those that speak of a field, the widest access holds."""
        widest: dict[tuple[str, str], tuple[Access, Access]] = {}
        for rules in roles:
            for resource, fields in rules.items():
                for name, rule in fields.items():
                    own, others = accesses(rule)
                    before = widest.get((resource, name), (Access.HIDDEN, Access.HIDDEN))
                    widest[resource, name] = max(own, before[0]), max(others, before[1])
        return cls(widest)

    def access(self, resource: Resource, name: str, *, own: bool) -> Access:
        """The access to a field of a record of one's own or of others; raises LookupError for one that nobody declared.

        Fixed fields are not under the rules, so nothing narrows the access to them.
        """
        if name in resource.fixed:
            return Access.WRITE
        declared = resource.declared(name)
        if declared is None:
            if name in resource.internal:
                return Access.HIDDEN
            raise LookupError(f"{resource.name} has no field {name}")
        if self._everything:
            return Access.WRITE
        return self._narrowed(declared, self._said(resource, name, declared, own=own), own=own)

    @property
    def unlimited(self) -> bool:
        """Whether nothing narrows the view of him who has them."""
        return self._everything

    def reads(self, resource: Resource, name: str) -> bool:
        """Whether the values of the field can be read in every record, so that searching for them tells nothing."""
        return all(self.access(resource, name, own=own) >= Access.READ for own in (True, False))

    def within(self, limits: "FieldRules") -> "FieldRules":
        """These rules, where ``limits`` give no less access."""
        return self if limits._everything else _NarrowerRules(self, limits)

    def _said(self, resource: Resource, name: str, declared: Field, *, own: bool) -> Access:
        said = self._rules.get((resource.name, name))
        return declared.default if said is None else max(said[0 if own else 1], declared.least)

    def _narrowed(self, declared: Field, access: Access, *, own: bool) -> Access:
        if declared.within:
            access = min(access, self.access(*declared.within, own=own))
        return Access.HIDDEN if access is Access.MASKED and declared.mask is None else access


class _NarrowerRules(FieldRules):
    """Of two sets of rules always the narrower access."""

    __slots__ = ("_both",)

    def __init__(self, first: FieldRules, second: FieldRules) -> None:
        super().__init__({})
        self._both = (first, second)
        self._key = (False, (first._key, second._key))

    def access(self, resource: Resource, name: str, *, own: bool) -> Access:
        return min(rules.access(resource, name, own=own) for rules in self._both)


NO_RULES = FieldRules({})
"""Of a caller whose roles say nothing about fields: the defaults hold."""

NO_LIMITS = FieldRules({}, everything=True)
"""Of an administrator."""


def accesses(rule: Rule) -> tuple[Access, Access]:
    """The access to own records and to those of others; raises KeyError for what is no rule."""
    if isinstance(rule, str):
        access = Access.named(rule)
        return access, access
    return Access.named(rule["own"]), Access.named(rule["others"])

"""The policy as a person would write it down: which records a role covers, by how they are related to the person.

It is written without a look at the code that it checks; only the built-in roles are taken from auth.
"""

from collections.abc import Callable

from services.auth.built_in_roles import BUILT_IN_ROLES

REACHED = {
    "own": {"own"},
    "team": {"own", "team"},
    "team_tree": {"own", "team", "below"},
    "all": {"own", "team", "below", "stranger", "shared", "lent", "pool"},
    "shared": set(),
}
"""The relations of records to the person that each reach covers by itself. Lent: shared with him to be changed, too."""

BY_SHARE = {"read": {"shared", "lent"}, "change": {"lent"}}

SHARED_RESOURCES = ("customers", "tickets")

RELATIONS = ("own", "team", "below", "stranger", "shared", "lent", "pool")

ROLES = tuple(BUILT_IN_ROLES)

Rule = Callable[[str, str], bool]
"""Whether a role covers a record of this relation."""


def has(role: str, permission: str) -> bool:
    """Whether the role has the permission at all."""
    permissions = BUILT_IN_ROLES[role]
    return permission in permissions or "*" in permissions


def _reach(role: str, permission: str) -> str:
    permissions = BUILT_IN_ROLES[role]
    return permissions.get(permission) or permissions.get("*") or "shared"


def by_reach(permission: str) -> Rule:
    """Covered by the reach of the permission, without shares."""
    return lambda role, relation: relation in REACHED[_reach(role, permission)]


def covers(permission: str) -> Rule:
    """Covered by the reach, or by a share for whoever has the permission."""
    resource, _, action = permission.partition(":")

    def rule(role: str, relation: str) -> bool:
        shared = resource in SHARED_RESOURCES and relation in BY_SHARE.get(action, ())
        return by_reach(permission)(role, relation) or (shared and has(role, permission))

    return rule


def sight(role: str, relation: str) -> bool:
    """Whether he sees the customer: it is covered, or in the pool and he may claim it."""
    return covers("customers:read")(role, relation) or (relation == "pool" and has(role, "customers:claim"))


def both(one: Rule, other: Rule) -> Rule:
    """Both rules together."""
    return lambda role, relation: one(role, relation) and other(role, relation)


def pooled_or(rule: Rule) -> Rule:
    """In the pool, or by the rule."""
    return lambda role, relation: relation == "pool" or rule(role, relation)


def mine_or(rule: Rule) -> Rule:
    """One's own, or by the rule."""
    return lambda role, relation: relation == "own" or rule(role, relation)


def only_own(_: str, relation: str) -> bool:
    """One's own, and nobody else's whatever the role."""
    return relation == "own"


def everywhere(permission: str) -> Rule:
    """Whose permission reaches all records, whatever this one is."""
    return lambda role, _: "stranger" in REACHED[_reach(role, permission)]


def anybody(_: str, __: str) -> bool:
    """No record decides."""
    return True

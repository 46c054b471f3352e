"""The caller of an operation and how far each of his permissions reaches."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from uuid import UUID

from chassis.errors import Forbidden, StepUpRequired
from chassis.identity.policy import NO_RULES, Access, FieldRules, Resource

EVERYTHING = "*"
"""The permission of administrators: each that there is, also those of services that come later."""


def administers(permissions: Mapping[str, str]) -> bool:
    """Whether a role with these permissions permits everything everywhere, so that no field rules narrow it."""
    return permissions.get(EVERYTHING) == "all"


STEP_UP_SECONDS = 300
"""How long a proof that was given once more opens what is dangerous."""


class Reach(IntEnum):
    """Whose records a permission covers; a larger reach includes the smaller ones."""

    SHARED = 1

    """What was shared with him or one of his teams, and nothing else."""
    OWN = 2
    TEAM = 3
    TEAM_TREE = 4
    ALL = 5

    @classmethod
    def named(cls, name: str) -> "Reach":
        """The reach as roles spell it: shared, own, team, team_tree or all. Raises KeyError for anything else."""
        return cls[name.upper()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person with an account, as the service's directory knows him at this moment.

    Hashable, so that what is made for a caller can be remembered: ``lru_cache`` on a query saves building it each time.
    """

    user_id: UUID
    session_id: UUID | None
    name: str
    teams: tuple[UUID, ...] = ()
    """The teams that he is a member of; the first is his main team."""
    team_tree: frozenset[UUID] = frozenset()
    """His teams and every team below them."""
    teams_above: frozenset[UUID] = frozenset()
    """His teams and every team above them: what is for one of these is also for him."""
    roles: frozenset[UUID] = frozenset()
    shared: frozenset[str] = frozenset()
    """The resources of which a record is, or once was, shared with him or with one of his teams."""
    permissions: Mapping[str, Reach] = field(default_factory=dict, hash=False)
    """``resource:action`` to the widest reach that any of his roles grants; ``*`` stands for every permission."""
    field_rules: FieldRules = field(default=NO_RULES, hash=False)
    """What his roles say about fields."""

    by_key: bool = False
    """Whether a program calls for him with an API key; its id is in the place of the session's."""

    stepped_up_at: int | None = field(default=None, compare=False)
    """Unix time at which the session last proved once more whose it is; None if it never did."""

    @property
    def main_team(self) -> UUID | None:
        """The team that his new records belong to."""
        return self.teams[0] if self.teams else None

    @property
    def is_partner(self) -> bool:
        """Whether he may read nothing but what is shared with him: somebody from outside."""
        reaches = self.permissions.items()
        beyond = any(reach > Reach.SHARED for name, reach in reaches if name.endswith(":read") or name == EVERYTHING)
        return not beyond and any(reach is Reach.SHARED for _, reach in reaches)

    def reach(self, permission: str) -> Reach | None:
        """How far the permission reaches, None if he does not have it."""
        return self.permissions.get(permission) or self.permissions.get(EVERYTHING)

    def may(self, permission: str) -> bool:
        """Whether he may do this to any record at all."""
        return self.reach(permission) is not None

    def require(self, permission: str) -> None:
        """Raises Forbidden unless he may do this to some record."""
        if not self.may(permission):
            raise Forbidden(f"This needs the permission {permission}")

    def require_log_in(self) -> None:
        """Raises Forbidden for a program with an API key: for what only the person himself may do with his account."""
        if self.by_key:
            raise Forbidden("This takes a log-in; an API key is not enough")

    def require_step_up(self) -> None:
        """Raises StepUpRequired unless the session has proved once more whose it is within the last five minutes.

        For operations of which only some inputs are dangerous; they name StepUpRequired among their ``errors``.
        """
        if self.stepped_up_at is None or time.time() - self.stepped_up_at > STEP_UP_SECONDS:
            raise StepUpRequired

    def access(self, resource: Resource, name: str, *, own: bool = False) -> Access:
        """What he may do with a field of a record of his own or, by default, of somebody else's."""
        return self.field_rules.access(resource, name, own=own)

    def reaches(self, permission: str, *, owner_id: UUID | None, team_id: UUID | None) -> bool:
        """Whether his permission covers a record of this owner and team: the rule of ``covered`` for one record."""
        reach = self.reach(permission)
        if reach is None or reach is Reach.SHARED:
            return False
        if reach is Reach.ALL or owner_id == self.user_id:
            return True
        if reach is Reach.TEAM_TREE:
            return team_id in self.team_tree
        return reach is Reach.TEAM and team_id in self.teams

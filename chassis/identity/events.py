"""The events of identity. auth publishes them, and every service keeps their state in its directory replica.

They stand in the chassis because each service consumes them through the chassis.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class UserChanged(Event):
    """A person with an account was added or changed; the first of ``teams`` is the main one."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "user"

    name: str
    active: bool
    teams: list[UUID]
    roles: list[UUID]


@dataclass(frozen=True, kw_only=True)
class TeamChanged(Event):
    """A team was added, renamed, moved below another team or removed."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "team"

    name: str
    parent_id: UUID | None
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A role was added, changed or removed.

    ``permissions`` maps ``resource:action`` to a reach, ``field_rules`` a resource and a field to an access.
    """

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "role"

    name: str
    permissions: dict[str, str]
    field_rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A log-in session is over: its access tokens are refused from now on."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "session"

    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class SigningKeyChanged(Event):
    """A public key (JWK, RFC 8037) that signs access tokens, now or soon; tokens of an inactive one are refused."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "signing_key"

    jwk: dict[str, Any]
    active: bool


@dataclass(frozen=True, kw_only=True)
class ApiKeyChanged(Event):
    """An API key was made or revoked; ``hash`` is the SHA-256 of the key, in hexadecimal."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "api_key"

    owner_id: UUID
    role_id: UUID
    hash: str
    expires_at: datetime
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordShared(Event):
    """A record was shared with a person or a team, or the share was changed or ended.

    Each service that owns records has a subclass of its own, and everybody with replicas of the records keeps them.
    """

    aggregate: ClassVar[str] = "share"

    resource: str
    """What the record is one of: the name of its table, such as ``customers``."""
    record_id: UUID
    grantee_kind: str
    """``user`` or ``team``."""
    grantee_id: UUID
    may_change: bool
    expires_at: datetime | None
    by: UUID
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PersonLeft(Event):
    """Somebody has left for good: what he owns in each service goes to somebody else."""

    service: ClassVar[str] = "auth"
    aggregate: ClassVar[str] = "departure"

    user_id: UUID
    hand_over_to: UUID
    by: UUID
    """Who arranged it."""


@dataclass(frozen=True, kw_only=True)
class RecordsHandedOver(Event):
    """How far a service is with handing over what somebody owned; ``aggregate_id`` is that of his PersonLeft.

    Each service has a subclass of its own.
    """

    aggregate: ClassVar[str] = "hand_over"
    sealed: ClassVar[frozenset[str]] = frozenset({"exports"})

    moved: dict[str, int]
    """How many records of each kind have gone to somebody else so far."""
    left: int
    """How many are still to go."""
    finished: bool
    exports: list[dict[str, Any]]
    """What he has exported lately, some in each event: id, resource, filter, rows, state, at."""


MERGED, UNMERGED = 1, 2
"""The versions of a merge: the steps that it takes, in this order."""


@dataclass(frozen=True, kw_only=True)
class RecordsMerged(Event):
    """Records became one; ``aggregate_id`` is that of the merge. Who owns such records has a subclass."""

    aggregate: ClassVar[str] = "merge"

    survivor_id: UUID
    loser_ids: list[UUID]
    versions: list[int]
    """Of the losers: what is told of them in a version up to this is not worth knowing any more."""


@dataclass(frozen=True, kw_only=True)
class RecordsUnmerged(Event):
    """A merge was taken back."""

    aggregate: ClassVar[str] = "merge"

    survivor_id: UUID
    loser_ids: list[UUID]


@dataclass(frozen=True, kw_only=True)
class MergeFollowed(Event):
    """A service has done its part of a step of a merge."""

    aggregate: ClassVar[str] = "merge"

    step: int
    rows: int
    """How many rows it concerned."""


IDENTITY_EVENTS = (UserChanged, TeamChanged, RoleChanged, SessionEnded, SigningKeyChanged, ApiKeyChanged)

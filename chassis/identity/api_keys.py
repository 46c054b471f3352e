"""API keys: what programs show instead of an access token, ``rp_<8 characters>_<secret>``.

Each service knows the good keys from its directory replica, by their SHA-256, and checks them by itself. A key acts for
its owner with one role, and never does more than the owner himself may do at the moment.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import now
from chassis.errors import Unauthenticated
from chassis.identity.caller import EVERYTHING, Caller, Reach
from chassis.identity.policy import FieldRules

PATTERN = r"rp_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}"
"""The eight characters name the key in lists; the secret is 256 random bits."""
_BEGINNING = "rp_"
_key = re.compile(PATTERN)


def is_api_key(token: str) -> bool:
    """Whether it is, or wants to be, an API key rather than an access token."""
    return token.startswith(_BEGINNING)


def hash_of(key: str) -> str | None:
    """What is known of a key everywhere, None for what is none; plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest() if _key.fullmatch(key) else None


@dataclass(frozen=True)
class ApiKey:
    """A key as its services know it."""

    id: UUID
    owner_id: UUID
    role_id: str
    expires_at: datetime

    def require_good(self) -> None:
        """Raises Unauthenticated after its time."""
        if self.expires_at <= now():
            raise Unauthenticated("The API key has expired")


class KeyRing:
    """The keys that are known in this process."""

    def __init__(self) -> None:
        self._by_hash: dict[str, ApiKey] = {}
        self._by_id: dict[str, ApiKey | None] = {}

    def take(self, key_id: str, state: Mapping[str, Any]) -> None:
        """Take over what an event has told; of a key that was removed it stays known that it is none any more."""
        if state["removed"]:
            self._by_hash.pop(state["hash"], None)
            self._by_id[key_id] = None
            return
        expires_at = datetime.fromisoformat(state["expires_at"])
        known = ApiKey(UUID(key_id), UUID(state["owner_id"]), state["role_id"], expires_at)
        self._by_hash[state["hash"]] = self._by_id[key_id] = known

    def shown(self, token: str) -> ApiKey:
        """The key that somebody shows; raises Unauthenticated for one that is not, or no longer, good."""
        found = self._by_hash.get(hash_of(token) or "")
        if found is None:
            raise Unauthenticated("The API key is not valid")
        found.require_good()
        return found

    def named(self, session_id: UUID | None) -> ApiKey | None:
        """The key that stands in the place of a session, None if it is one; raises Unauthenticated if it is over."""
        if session_id is None or str(session_id) not in self._by_id:
            return None
        known = self._by_id[str(session_id)]
        if known is None:
            raise Unauthenticated("The API key was revoked")
        known.require_good()
        return known

    def has_ended(self, session_id: UUID) -> bool:
        """Whether it names a key that is over."""
        try:
            self.named(session_id)
        except Unauthenticated:
            return True
        return False


def narrowed(owner: Caller, permissions: Mapping[str, Reach], field_rules: FieldRules) -> Caller:
    """The owner as a key with one role acts for him: with what both may do, and as far as both may."""
    return replace(
        owner,
        permissions=_common(permissions, owner),
        field_rules=field_rules.within(owner.field_rules),
        by_key=True,
        stepped_up_at=None,
    )


def _common(permissions: Mapping[str, Reach], owner: Caller) -> dict[str, Reach]:
    common: dict[str, Reach] = {}
    for permission, reach in permissions.items():
        own = owner.permissions if permission == EVERYTHING else {permission: owner.reach(permission)}
        for name, other in own.items():
            if other is not None:
                common[name] = max(min(reach, other), common.get(name, Reach.SHARED))
    return common

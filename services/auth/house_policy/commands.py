"""Looking at the policy of the house, and changing it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import PreconditionFailed
from chassis.identity.caller import Caller
from services.auth.authority import roles_of
from services.auth.house_policy.models import AuthPolicy, policy_of

TOLD = ("second_factor", "session_idle_hours", "session_absolute_hours", "initial_password_days")


def get_policy(session: Session, caller: Caller) -> dict[str, Any]:
    """Look at what the house asks of everybody who logs in."""
    return _shown(policy_of(session))


def set_policy(
    session: Session, caller: Caller, expected_version: int, second_factor_roles: Sequence[UUID], **wanted: Any
) -> dict[str, Any]:
    """Change what the house asks of everybody who logs in.

    Who must have a second factor and has none sets one up when he logs in next; a session without one is over when its
    access token is. Shorter limits end sessions in the same way.
    """
    policy = session.scalars(select(AuthPolicy).with_for_update()).one()
    if policy.version != expected_version:
        raise PreconditionFailed
    roles = roles_of(session, list(dict.fromkeys(second_factor_roles)))
    before = {name: getattr(policy, name) for name in (*TOLD, "second_factor_roles")}
    policy.change({**wanted, "second_factor_roles": [str(role.id) for role in roles]}, by=caller.user_id)
    after = {name: getattr(policy, name) for name in before}
    audit.tell(session, before=before, after=after)
    session.flush()
    return _shown(policy)


def _shown(policy: AuthPolicy) -> dict[str, Any]:
    names = (*TOLD, "version", "second_factor_roles", "changed_by", "created_at", "updated_at")
    return {name: getattr(policy, name) for name in names}

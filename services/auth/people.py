"""What administrators do with people's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from services.auth import passwords
from services.auth.announcements import announce, user_changed
from services.auth.api_keys import commands as api_keys
from services.auth.authority import (
    one_at_a_time,
    require_administrator_left,
    require_reach,
    require_rights,
    require_rights_over,
    require_teams,
    roles_of,
    visible_users,
)
from services.auth.choosing import rules
from services.auth.errors import EmailTaken, IdTaken, InvitedWithPassword
from services.auth.letters import links, sending
from services.auth.letters.texts import Letter
from services.auth.login_sessions import end_sessions
from services.auth.models import NO_PASSWORD, User, search_key
from services.auth.queries import user_row


class UserChanges(TypedDict, total=False):
    """What may be different about a person."""

    name: str
    email: str
    language: str
    active: bool
    teams: list[UUID]
    roles: list[UUID]


@dataclass(frozen=True)
class NewPassword:
    """A password that was made for somebody, which is told only now."""

    initial_password: str


def create_user(
    session: Session,
    caller: Caller,
    *,
    name: str,
    email: str,
    password: str | None = None,
    language: str = "zh",
    teams: Sequence[UUID] = (),
    roles: Sequence[UUID] = (),
    id: UUID | None = None,
    invite: bool = False,
) -> dict[str, Any]:
    """Create an account.

    With `invite` the person gets a letter with a link to choose his first password. Else, without `password`, one is
    made and answered as `initial_password`, this once. You can only give roles whose permissions you have yourself,
    and only place people in teams that your permission reaches. Giving roles takes a step-up (`POST /auth/step-up`).
    """
    if roles:
        caller.require_step_up()
    made, password_hash = _first_password(password, name, email, invite=invite)
    one_at_a_time(session)
    if id is not None and session.get(User, id):
        raise IdTaken
    _require_free(session, email)
    require_teams(session, teams)
    require_reach(caller, "users:create", teams or [None])
    for role in roles_of(session, roles):
        require_rights(caller, role.permissions, role.field_rules)
    user = User.of(
        id=id, name=name, email=email, password_hash=password_hash, language=language, teams=teams, roles=roles
    )
    user.initial_since = None if invite else now()
    session.add(user)
    session.flush()
    if invite:
        sending.order(session, caller, Letter.INVITATION, user.id)
    announce(session, user_changed(user))
    return {**user_row(session, user.id), "initial_password": made}


def change_user(
    session: Session, caller: Caller, user_id: UUID, expected_version: int, **changes: Unpack[UserChanges]
) -> User:
    """Change an account; what is not given stays as it is.

    The first of `teams` is the main team. Closing an account (`active`: false) ends its sessions and revokes its API
    keys. The last administrator must stay. Other `roles`, and another `email`, to which links to new passwords go,
    take a step-up (`POST /auth/step-up`).
    """
    one_at_a_time(session)
    user = changeable(session, caller, user_id)
    if user.version != expected_version:
        raise PreconditionFailed
    require_rights_over(session, caller, user)
    _require_changes(session, caller, user, changes)
    if "email" in changes or not changes.get("active", True):
        links.withdraw(session, user.id)
    user.change(**changes)
    require_administrator_left(session)
    ended = [] if user.active else [*end_sessions(session, user.id), *api_keys.revoke_all(session, user.id)]
    announce(session, user_changed(user), *ended)
    return user


def reset_password(session: Session, caller: Caller, user_id: UUID) -> NewPassword:
    """Make a new password for somebody who has forgotten his, which ends his sessions.

    It is answered as `initial_password`, this once, and is good for some days: he has to choose one of his own.
    """
    made = passwords.generated()
    password_hash = passwords.hashed(made)
    one_at_a_time(session)
    user = changeable(session, caller, user_id)
    require_rights_over(session, caller, user)
    user.give_password(password_hash)
    links.withdraw(session, user.id)
    announce(session, *end_sessions(session, user.id))
    return NewPassword(made)


def _first_password(password: str | None, name: str, email: str, *, invite: bool) -> tuple[str | None, str]:
    """The password that was made, if one was, and the hash to keep."""
    if invite:
        if password:
            raise InvitedWithPassword.field("/password", "Who is invited chooses his password himself.")
        return None, NO_PASSWORD
    if password:
        rules.require_good(password, name, email, pointer="/password")
    made = None if password else passwords.generated()
    return made, passwords.hashed(password or made or "")


def _require_changes(session: Session, caller: Caller, user: User, changes: UserChanges) -> None:
    """Raises whatever forbids these changes."""
    if set(changes.get("roles", user.roles)) != set(user.roles):
        caller.require_step_up()
    if "email" in changes and search_key(changes["email"]) != user.email_key:
        caller.require_step_up()
        _require_free(session, changes["email"])
    joined = [team for team in changes.get("teams", ()) if team not in user.teams]
    require_teams(session, changes.get("teams", ()))
    require_reach(caller, "users:change", joined)
    given = [role for role in roles_of(session, changes.get("roles", ())) if role.id not in user.roles]
    for role in given:
        require_rights(caller, role.permissions, role.field_rules)


def _require_free(session: Session, email: str) -> None:
    if session.scalar(select(User.id).where(User.email_key == search_key(email))):
        raise EmailTaken(errors=[{"pointer": "/email", "detail": "There is an account with this address."}])


def changeable(session: Session, caller: Caller, user_id: UUID) -> User:
    """A person whose account the caller may change, locked; raises NotFound for one out of his reach."""
    wanted = select(User).where(User.id == user_id, visible_users(caller, "users:change")).with_for_update()
    user = session.scalar(wanted)
    if user is None:
        raise NotFound
    return user

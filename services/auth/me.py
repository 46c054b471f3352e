"""What people do with their own account."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import FieldError, NotFound, PreconditionFailed, Problem
from chassis.identity.caller import Caller
from services.auth import passwords
from services.auth.announcements import announce, user_changed
from services.auth.authority import one_at_a_time
from services.auth.choosing import rules
from services.auth.errors import WrongPassword
from services.auth.guessing import attempts
from services.auth.letters import links, sending
from services.auth.letters.texts import Letter
from services.auth.login_sessions import end_sessions
from services.auth.models import Role, Team, User


def get_me(session: Session, caller: Caller) -> dict[str, Any]:
    """Who you are, and what you may do.

    `permissions` maps `resource:action` to the reach that your roles grant, from `shared` to `all`. The permission `*`
    stands for every other.
    """
    return _described(session, caller, _own(session, caller, lock=False))


def admit_caller(_: Session, __: Caller) -> None:
    """Whether a caller is let in, for the gateway: it answers nothing, or it refuses him."""


def change_me(
    session: Session, caller: Caller, expected_version: int, name: str | None = None, language: str | None = None
) -> dict[str, Any]:
    """Change your own name or language."""
    caller.require_log_in()
    one_at_a_time(session)
    user = _own(session, caller, lock=True)
    if user.version != expected_version:
        raise PreconditionFailed
    user.change(name=name, language=language)
    announce(session, user_changed(user))
    return _described(session, caller, user)


def change_password(session: Session, caller: Caller, old_password: str, new_password: str) -> Problem | None:
    """Change your own password, which ends your other sessions."""
    caller.require_log_in()
    watch = attempts.in_the_session(session, caller)
    watch.check(session)
    new_hash = passwords.hashed(new_password)
    user = _own(session, caller, lock=True)
    rules.require_good(new_password, user.name, user.email, pointer="/new_password")
    if not passwords.matches(user.password_hash, old_password):
        wrong: FieldError = {"pointer": "/old_password", "detail": "This is not your present password."}
        return watch.failed(session) or WrongPassword(errors=[wrong])
    watch.passed(session)
    user.set_password(new_hash)
    links.withdraw(session, user.id)
    sending.order(session, caller, Letter.PASSWORD_CHANGED, user.id)
    announce(session, *end_sessions(session, user.id, but=caller.session_id))
    return None


def _own(session: Session, caller: Caller, *, lock: bool) -> User:
    own = select(User).where(User.id == caller.user_id)
    user = session.scalar(own.with_for_update() if lock else own)
    if user is None:
        raise NotFound
    return user


def _described(session: Session, caller: Caller, user: User) -> dict[str, Any]:
    teams = {row.id: row.name for row in session.execute(select(Team.id, Team.name).where(Team.id.in_(user.teams)))}
    roles = select(Role.id, Role.name).where(Role.id.in_(user.roles)).order_by(Role.name)
    return {
        "id": user.id,
        "version": user.version,
        "name": user.name,
        "email": user.email,
        "language": user.language,
        "teams": [{"id": team, "name": teams[team]} for team in user.teams if team in teams],
        "roles": [dict(row._mapping) for row in session.execute(roles)],
        "permissions": {permission: reach.name.lower() for permission, reach in sorted(caller.permissions.items())},
        "session_id": caller.session_id,
    }

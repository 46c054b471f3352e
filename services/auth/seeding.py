"""What a first start needs: the built-in roles, a signing key and the first administrator."""

import sys
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.auth import housekeeping, passwords
from services.auth.announcements import announce, role_changed, user_changed
from services.auth.auditing import checkpoints
from services.auth.authority import one_at_a_time
from services.auth.built_in_roles import ADMINISTRATOR, BUILT_IN_ROLES, BUILT_IN_RULES
from services.auth.models import Role, User
from services.auth.roles import role_id
from services.auth.settings import AuthSettings
from services.auth.signing_keys.rotation import ensure_keys


def seed(session: Session, settings: AuthSettings) -> None:
    """Plant built-in roles, signing keys, the first administrator and the hourly tidying; again changes nothing.

    A version with other permissions in a built-in role changes the role here, unless the house has changed it.
    """
    one_at_a_time(session)
    ensure_keys(session, settings)
    for name, permissions in BUILT_IN_ROLES.items():
        _ensure_role(session, name, permissions, BUILT_IN_RULES.get(name, {}))
    if session.scalar(select(User.id).limit(1)) is None:
        _add_first_administrator(session, settings)
    housekeeping.start(session)
    checkpoints.start(session)


def _ensure_role(
    session: Session, name: str, permissions: dict[str, str], field_rules: dict[str, dict[str, Any]]
) -> None:
    role = session.get(Role, role_id(name))
    if role is None:
        role = Role(
            id=role_id(name),
            name=name,
            built_in=True,
            permissions=permissions,
            field_rules=field_rules,
            customised=False,
        )
        session.add(role)
        session.flush()
    elif not role.customised and (role.permissions, role.field_rules) != (permissions, field_rules):
        role.reset(permissions=permissions, field_rules=field_rules)
    else:
        return
    announce(session, role_changed(role))


def _add_first_administrator(session: Session, settings: AuthSettings) -> None:
    password = settings.admin_password or passwords.generated()
    administrator = User.of(
        name="Administrator",
        email=settings.admin_email,
        password_hash=passwords.hashed(password),
        roles=[role_id(ADMINISTRATOR)],
    )
    session.add(administrator)
    session.flush()
    announce(session, user_changed(administrator))
    if settings.admin_password is None:
        # Not a log line: it is shown this once, to whoever started the migration.
        sys.stderr.write(f"First administrator: {settings.admin_email}  password: {password}\n")

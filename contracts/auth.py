"""What auth publishes and keeps: the events stand in the chassis, because every service consumes them through it."""

from chassis.identity import masks
from chassis.identity.events import RoleChanged, SessionEnded, SigningKeyChanged, TeamChanged, UserChanged
from chassis.identity.policy import NOBODY, Access, Field, Resource

__all__ = ["ROLES", "TEAMS", "USERS", "RoleChanged", "SessionEnded", "SigningKeyChanged", "TeamChanged", "UserChanged"]

USERS = Resource(
    "users",
    fields={
        "name": Field(least=Access.READ),
        "email": Field(least=Access.MASKED, mask=masks.email),
        "language": Field(),
    },
    fixed=(
        *("id", "version", "active", "teams", "roles", "created_at", "updated_at"),
        *("password", "initial_password", "has_password", "invite", "permissions", "session_id"),
    ),
    internal=("name_key", "email_key", "password_hash", "initial_since"),
    owner="id",
)
"""The people who work with the suite; everybody is his own."""

TEAMS = Resource(
    "teams",
    fields={"name": Field(least=Access.READ), "parent_id": Field(least=Access.READ)},
    fixed=("id", "version", "created_at", "updated_at"),
    internal=("name_key",),
    owner=NOBODY,
)
"""Where people belong."""

ROLES = Resource(
    "roles",
    fields={
        "name": Field(least=Access.READ),
        "permissions": Field(least=Access.READ),
        "field_rules": Field(least=Access.READ),
    },
    fixed=("id", "version", "built_in", "customised", "created_at", "updated_at"),
    owner=NOBODY,
)
"""What people may do."""

AUTH_POLICY = Resource(
    "auth_policy",
    fixed=(
        *("version", "second_factor", "second_factor_roles", "session_idle_hours", "session_absolute_hours"),
        *("initial_password_days", "changed_by", "created_at", "updated_at"),
    ),
    internal=("only_row",),
    owner=NOBODY,
)
"""What the house asks of everybody who logs in."""

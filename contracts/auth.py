"""What auth publishes: see ``chassis.identity.events``, because every service consumes these through the chassis."""

from chassis.identity.events import RoleChanged, SessionEnded, SigningKeyChanged, TeamChanged, UserChanged

__all__ = ["RoleChanged", "SessionEnded", "SigningKeyChanged", "TeamChanged", "UserChanged"]

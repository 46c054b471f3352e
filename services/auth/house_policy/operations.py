"""The part of auth's table of contents that is about the policy of the house."""

from chassis.operations import operation
from services.auth.errors import UnknownRole
from services.auth.house_policy import commands
from services.auth.house_policy.schemas import PolicyView, PolicyWanted


class HousePolicy:
    """What the house asks of everybody who logs in."""

    get_policy = operation("GET /auth/policy", commands.get_policy, gives=PolicyView, needs="auth_policy:read")
    set_policy = operation(
        "PUT /auth/policy",
        commands.set_policy,
        takes=PolicyWanted,
        gives=PolicyView,
        needs="auth_policy:change",
        guarded=True,
        step_up=True,
        errors=(UnknownRole,),
    )

"""Which events of identity end somebody's access, so that his stream ends although nothing else happens."""

from collections.abc import Mapping
from typing import Any

from chassis.identity.events import ApiKeyChanged, SessionEnded, UserChanged


def ended_by(event: Mapping[str, Any]) -> str | None:
    """The id of the session, the API key or the person whose access is over with this event; None for any other."""
    payload = event["payload"]
    match event["service"], event["type"]:
        case SessionEnded.service, SessionEnded.__name__:
            over = True
        case ApiKeyChanged.service, ApiKeyChanged.__name__:
            over = payload["removed"]
        case UserChanged.service, UserChanged.__name__:
            over = not payload["active"]
        case _:
            over = False
    return event["aggregate_id"] if over else None

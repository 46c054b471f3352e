"""What services share and the way between them must not show: personal fields of events, and files."""

from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

import orjson

from chassis.encryption.errors import CannotOpen
from chassis.encryption.keyring import Keyring
from chassis.encryption.sealing import Sealer
from chassis.encryption.vault import SEALED
from chassis.events import Event, encode


class EventSealer:
    """Seals the fields that an event class names in ``sealed``, before the event stands in the outbox."""

    def __init__(self, keyring: Keyring) -> None:
        self._sealer = Sealer(keyring, "suite events")

    def sealed(self, event: type[Event], message_id: UUID, payload: dict[str, Any]) -> dict[str, Any]:
        """The payload of an event as it travels in this message."""
        payload = dict(payload)
        for name in event.sealed:
            if payload[name] is not None:
                content = self._sealer.seal(encode(payload[name]), _place(str(message_id), name))
                payload[name] = {SEALED: b64encode(content).decode()}
        return payload

    def opened(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """A decoded envelope with its payload as it was recorded; raises CannotOpen."""
        payload = dict(envelope["payload"])
        for name, value in payload.items():
            if isinstance(value, dict) and value.keys() == {SEALED}:
                content = self._sealer.open(_bytes(value[SEALED]), _place(str(envelope["id"]), name))
                payload[name] = orjson.loads(content)
        return {**envelope, "payload": payload}


def _bytes(text: Any) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise CannotOpen("A sealed field is not in base64") from None


def _place(message_id: str, field: str) -> bytes:
    return f"{message_id}\n{field}".encode()

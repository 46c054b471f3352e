"""Events: facts that a service tells the others, as frozen dataclasses named with past participles."""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """The base of all events.

    A subclass names the ``service`` that publishes it and the ``aggregate`` that it is about, and has the fields of
    its payload: JSON types, UUID, datetime, date, Decimal, and lists or optionals of them. ``schema_version`` grows
    when a field changes its meaning; new optional fields need no new version, because readers ignore what they do
    not know. The fields named in ``sealed`` are personal data: they travel encrypted (``chassis.encryption.suite``).
    One that names a table in ``changes_of`` has the fields ``changed`` and ``before``, which are filled in when it is
    recorded (``chassis.diffs``).
    """

    service: ClassVar[str]
    aggregate: ClassVar[str]
    schema_version: ClassVar[int] = 1
    sealed: ClassVar[frozenset[str]] = frozenset()
    changes_of: ClassVar[str] = ""

    aggregate_id: UUID
    version: int

    def payload(self) -> dict[str, Any]:
        """The event's own fields, without the aggregate's id and version, which travel in the envelope."""
        return {name: getattr(self, name) for name in _own_fields(type(self))}  # type: ignore[arg-type]  # classes can be hashed

    @property
    def sender(self) -> str:
        """The service that publishes this one; of an event that several publish, each names itself."""
        return self.service

    @classmethod
    def from_envelope(cls, envelope: dict[str, Any]) -> Self:
        """The event that a decoded message carries; raises ValueError or KeyError if it does not fit."""
        payload = envelope["payload"]
        own = _own_fields(cls)  # type: ignore[arg-type]  # classes can be hashed
        fields = {name: restore(payload[name]) for name, restore in own.items() if name in payload}
        return cls(aggregate_id=UUID(envelope["aggregate_id"]), version=envelope["version"], **fields)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Envelope:
    """An event on its way: who, when, and the order within its aggregate."""

    id: UUID
    type: str
    service: str
    schema_version: int
    aggregate: str
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    trace_id: str | None
    actor: UUID | None
    payload: dict[str, Any]

    def encoded(self) -> bytes:
        """The message body."""
        return encode(self)


def encode(value: Any) -> bytes:
    """JSON as it travels: UTC times end in Z, Decimal becomes a string so that no digit is lost."""
    return orjson.dumps(value, default=_encode_other, option=orjson.OPT_UTC_Z)


def _encode_other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@cache
def _own_fields(event: type[Event]) -> dict[str, Callable[[Any], Any]]:
    """Each payload field of the class with the function that restores it from JSON."""
    hints = typing.get_type_hints(event)
    inherited = {field.name for field in dataclasses.fields(Event)}
    return {f.name: _restorer(hints[f.name]) for f in dataclasses.fields(event) if f.name not in inherited}


def _restorer(hint: Any) -> Callable[[Any], Any]:
    if hint is UUID:
        return UUID
    if hint in (datetime, date):
        return hint.fromisoformat
    if hint is Decimal:
        return Decimal
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        inner = _restorer(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin in (list, tuple) and arguments:
        inner = _restorer(arguments[0])
        return lambda values: origin(inner(value) for value in values)
    return lambda value: value

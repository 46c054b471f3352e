"""The order to gather or to erase what is known of a person.

It stands in the chassis because each service takes it through the chassis.
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from chassis.events import Event

EXPORT, ERASURE, REHEARSAL = "export", "erasure", "rehearsal"
"""``kind`` of an order; a rehearsal tells what an erasure would do."""


@dataclass(frozen=True, kw_only=True)
class PersonOrdered(Event):
    """Somebody asked for what is known of a person, or for it to be erased; comes again until there is a receipt."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "privacy_request"
    sealed: ClassVar[frozenset[str]] = frozenset({"subject"})

    kind: str
    by: UUID
    subject: dict[str, Any]
    """See ``chassis.subjects.subject``."""

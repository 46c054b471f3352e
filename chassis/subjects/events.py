"""The orders to gather, erase or let go of what is known of people, and who is exempt from the last.

They stand in the chassis because each service takes them through the chassis.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from chassis.events import Event

EXPORT, ERASURE, REHEARSAL = "export", "erasure", "rehearsal"
"""``kind`` of an order; a rehearsal tells what an erasure would do."""
RETENTION, RETENTION_PREVIEW = "retention", "retention_preview"
"""The same for what is kept too long: to act, and to tell what would be done."""


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


@dataclass(frozen=True, kw_only=True)
class RetentionOrdered(Event):
    """What is older than the rules of the house allow is to go, or to be counted; comes again likewise."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "privacy_request"

    kind: str
    by: UUID
    as_of: datetime
    """The moment from which ages are counted back."""
    months: dict[str, int]
    """By class (``tickets.tickets``): for how many months its records are kept."""


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """An order of one of these kinds is not wanted any more; what has been done by then stays done."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "privacy_request"


@dataclass(frozen=True, kw_only=True)
class PersonHeld(Event):
    """Records about a person must be kept, whatever their age, or need not any more (``reason`` None)."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "privacy_state"

    reason: str | None

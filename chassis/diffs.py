"""What an event says of the change that it tells of: which fields of the record are different, and what they were.

It is what the audit trail of the transaction has captured (``chassis.changes``), so old values are told only of what
holds no personal data; of everything else it is told that it changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import Session

from chassis.changes import Change
from chassis.events import Event
from chassis.identity.policy import CUSTOM, Resource

ADDED = "changed_custom_fields"
"""Where a session keeps which custom fields of which records were written."""


def note_custom(session: Session, record_id: UUID, keys: Iterable[str]) -> None:
    """These custom fields of a record have other values now."""
    session.info.setdefault(ADDED, {}).setdefault(record_id, set()).update(keys)


def told(session: Session, events: Sequence[Event]) -> Sequence[Event]:
    """The events, of which those that tell of changed records say what is different; what is new has no difference."""
    if not any(event.changes_of for event in events):
        return events
    session.flush()
    trail = session.info.get("trail")
    found: dict[tuple[str, UUID | None], list[Change]] = {}
    for change in trail.changes if trail else ():
        found.setdefault((change.resource, change.record_id), []).append(change)
    return [_with(session, event, found.get((event.changes_of, event.aggregate_id), [])) for event in events]


def _with(session: Session, event: Event, changes: list[Change]) -> Event:
    if not event.changes_of or any(change.before is None for change in changes):
        return event
    resource = _resource_of(session.info["service_class"].metadata, event.changes_of)
    names = dict.fromkeys(name for change in changes for name in (*(change.after or ()), *change.untold))
    before: dict[str, Any] = {}
    for change in changes:
        before = {**(change.before or {}), **before}
    known = _called(names, resource, session.info.get(ADDED, {}).get(event.aggregate_id, ()))
    also = getattr(event, "changed", None) or ()
    told_of: Any = {
        "changed": sorted({*known, *also}),
        "before": {name: value for name, value in before.items() if name in known},
    }
    return replace(event, **told_of)


def _called(columns: Iterable[str], resource: Resource, custom: Iterable[str]) -> set[str]:
    """The columns by the names of their fields, custom fields each by its own; without those that are internal."""
    names = {name for name in columns if resource.knows(name) and name not in resource.internal}
    added = {f"{CUSTOM}.{key}" for key in custom}
    return names - {CUSTOM} | added if added else names


@cache
def _resource_of(metadata: MetaData, table: str) -> Resource:
    mappers = metadata.info["registry"].mappers
    found: Resource = next(one.class_.__resource__ for one in mappers if one.local_table.name == table)
    return found

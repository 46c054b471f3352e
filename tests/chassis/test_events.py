"""Events survive the way through JSON with all their types, and readers take what is new calmly."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import orjson
import pytest

from chassis.events import Event, encode
from chassis.ids import new_id
from chassis.outbox import record
from tests.chassis.probe.service import PageWritten, ProbeService


@dataclass(frozen=True, kw_only=True)
class Everything(Event):
    service: ClassVar[str] = "probe"
    aggregate: ClassVar[str] = "page"

    who: UUID
    maybe: UUID | None
    many: list[UUID]
    when: datetime
    day: date
    amount: Decimal | None
    note: str = "none"


def envelope_of(event: Event) -> dict:
    envelope = {"aggregate_id": event.aggregate_id, "version": event.version, "payload": event.payload()}
    return orjson.loads(encode(envelope))


def test_an_event_comes_back_as_it_was():
    event = Everything(
        aggregate_id=new_id(),
        version=3,
        who=new_id(),
        maybe=None,
        many=[new_id()],
        when=datetime.now(UTC),
        day=date(2026, 2, 28),
        amount=Decimal("12.30"),
    )
    assert Everything.from_envelope(envelope_of(event)) == event


def test_a_field_that_the_reader_does_not_know_is_ignored():
    envelope = envelope_of(PageWritten(aggregate_id=new_id(), version=1, title="Tides"))
    envelope["payload"]["colour"] = "blue"
    assert PageWritten.from_envelope(envelope).title == "Tides"


def test_an_event_is_no_document(tested):
    probe = tested(ProbeService)
    with probe.session() as session, pytest.raises(ValueError, match="bytes"):
        record(session, PageWritten(aggregate_id=new_id(), version=1, title="x" * 70_000))

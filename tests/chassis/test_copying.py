"""Rows that are copied are the rows that were meant."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from psycopg2.extensions import set_wait_callback
from psycopg2.extras import wait_select
from sqlalchemy import text

from chassis import outbox
from chassis.copying import copy_into
from chassis.ids import new_id
from tests.chassis.probe.service import PageWritten, ProbeService

AWKWARD = ("", "\\N", "\\", "a\tb", "a\nb\r", 'she said "no"', "{a,b}", "客户，公司", "'", "NULL")
COLUMNS = ("name", "secret", "names", "secrets", "number", "amount", "flag", "at", "other")


@pytest.fixture
def session(tested):
    with tested(ProbeService).session() as session:
        session.execute(
            text(
                "CREATE TEMPORARY TABLE copied (name text, secret bytea, names text[], secrets bytea[], number int,"
                " amount numeric, flag bool, at timestamptz, other uuid)"
            )
        )
        yield session


def test_every_value_arrives_as_it_was(session):
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    rows = [
        (word, word.encode(), [word, *AWKWARD], [b"\\x", word.encode()], 7, Decimal("1.50"), True, moment, UUID(int=5))
        for word in AWKWARD
    ]
    copy_into(session, "copied", COLUMNS, [*rows, (None,) * len(COLUMNS)])
    found = [
        tuple(
            bytes(one)
            if isinstance(one, memoryview)
            else [bytes(x) if isinstance(x, memoryview) else x for x in one]
            if isinstance(one, list)
            else one
            for one in row
        )
        for row in session.execute(text("SELECT * FROM copied"))
    ]
    assert found == [*rows, (None,) * len(COLUMNS)]


def test_a_value_of_an_unknown_type_is_refused(session):
    with pytest.raises(KeyError):
        copy_into(session, "copied", ["name"], [({1},)])


def test_a_green_process_records_many_events_too(tested):
    probe = tested(ProbeService)
    pages = [PageWritten(aggregate_id=new_id(), version=1, title="Many") for _ in range(2 * outbox.FEW)]
    set_wait_callback(wait_select)
    try:
        with probe.session() as session:
            outbox.record(session, *pages)
    finally:
        set_wait_callback(None)

    assert probe.scalar("SELECT count(*) FROM outbox") == len(pages)

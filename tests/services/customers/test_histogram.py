"""Where moments lie in a table."""

from datetime import UTC, datetime, timedelta

import pytest

from services.customers.histogram import Histogram

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = Histogram([START, START + timedelta(hours=1), START + timedelta(hours=11)])


def test_a_quarter_of_the_rows_is_older_than_the_middle_of_the_first_of_two_halves():
    assert HOURS.place_of(START + timedelta(minutes=30)) == 0.25
    assert HOURS.moment_at(0.25) == START + timedelta(minutes=30)


def test_halves_have_equally_many_rows_however_long_they_are():
    assert HOURS.place_of(START + timedelta(hours=6)) == 0.75
    assert HOURS.moment_at(0.75) == START + timedelta(hours=6)


def test_what_lies_beyond_is_at_the_end():
    assert HOURS.place_of(START - timedelta(days=1)) == 0
    assert HOURS.place_of(START + timedelta(days=1)) == 1


@pytest.mark.parametrize("place", [-0.1, 0, 1, 1.1])
def test_the_ends_have_no_moment(place):
    assert HOURS.moment_at(place) is None


def test_almost_the_end_has_a_moment():
    assert HOURS.moment_at(0.9999999999999999) is not None


def test_without_statistics_nothing_has_a_place():
    assert Histogram([]).place_of(START) == 0
    assert Histogram([]).moment_at(0.5) is None

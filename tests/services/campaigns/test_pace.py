"""The throttle: a campaign never sends more in any minute, whoever sends and however often it starts anew."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.testing.tested import together
from services.campaigns.models import Campaign
from tests.services.campaigns.factories import known_customers, started

MINUTE = timedelta(seconds=60)
START = datetime(2026, 1, 1, tzinfo=UTC)


def sent_at(throttle: int, pauses: list[float]) -> list[datetime]:
    """When messages leave if the worker comes by after each pause and sends whenever it may."""
    campaign = Campaign(throttle_per_minute=throttle)
    instant, left = START, []
    for pause in pauses:
        instant += timedelta(seconds=pause)
        while campaign.wait_for_turn(instant) <= timedelta(0):
            campaign.take_turn(instant)
            left.append(instant)
    return left


@given(st.integers(1, 200), st.lists(st.floats(0, 40), min_size=1, max_size=60))
def test_no_minute_holds_more_messages_than_the_throttle(throttle, pauses):
    left = sent_at(throttle, pauses)
    for first, instant in enumerate(left):
        within = sum(instant <= later < instant + MINUTE for later in left[first:])
        assert within <= throttle


@pytest.mark.parametrize("throttle", [1, 7, 60, 600])
def test_the_throttle_is_used_up_to_a_twentieth(throttle):
    an_hour_of_half_seconds = [0.5] * 7200
    assert len(sent_at(throttle, an_hour_of_half_seconds)) >= throttle * 60 * 0.95


def test_a_campaign_waits_for_its_turn(campaigns, marketer, sink):
    known_customers(campaigns, 4)
    started(campaigns, marketer, throttle_per_minute=1)
    campaigns.run_jobs()
    campaigns.run_jobs()
    assert len(sink.messages) == 1
    assert 50 < campaigns.scalar("SELECT extract(epoch FROM lease_until - now()) FROM jobs") <= 60


def test_several_workers_together_keep_to_the_throttle_of_one_campaign(campaigns, marketer, sink):
    known_customers(campaigns, 20)
    started(campaigns, marketer, throttle_per_minute=60)
    begin = time.monotonic()
    together(4, lambda _: campaigns.run_jobs())
    seconds = time.monotonic() - begin
    assert 1 <= len(sink.messages) <= 4 + seconds  # a few at once, then one each second


def test_a_slow_campaign_does_not_keep_a_fast_one_waiting(campaigns, marketer, sink):
    known_customers(campaigns, 5)
    slow = started(campaigns, marketer, name="slow", throttle_per_minute=1)
    fast = started(campaigns, marketer, name="fast")
    campaigns.run_jobs()
    state = "SELECT state FROM campaigns WHERE id = :id"
    assert (campaigns.scalar(state, id=slow), campaigns.scalar(state, id=fast)) == ("sending", "sent")
    assert len(sink.messages) == 6

"""What ``work`` does in the background: events leave in order; jobs and timers outlive their process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from pika.exceptions import AMQPError

from chassis import dead_letters, jobs, relay, timers, topology
from chassis.testing.plugin import Tested
from chassis.testing.processes import ServiceProcess, environment_of
from chassis.testing.tested import TestedService, together
from devservers.rabbitmq import RabbitNode
from tests.chassis.mute_broker import MuteBroker
from tests.chassis.probe.service import ProbeService, set_alarm
from tests.chassis.test_hosting import eventually
from tests.chassis.wire import Wire

PACKAGE = "tests.chassis.probe"
LISTENER = "listener"


@pytest.fixture
def wire(broker: RabbitNode) -> Iterator[Wire]:
    client = Wire(broker.amqp_url())
    client.channel.exchange_declare(topology.event_exchange("probe"), "topic", durable=True)
    client.channel.queue_declare(LISTENER)
    client.channel.queue_bind(LISTENER, topology.event_exchange("probe"), "#")
    yield client
    client.channel.queue_delete(LISTENER)
    client.close()


@pytest.fixture
def probe(tested: Tested, broker: RabbitNode) -> TestedService:
    return tested(ProbeService, amqp_url=broker.amqp_url())


@pytest.fixture
def working(probe: TestedService, tmp_path: Path) -> Iterator[ServiceProcess]:
    with ServiceProcess("work", PACKAGE, probe.settings, tmp_path / "work.log") as process:
        yield process.wait_ready()


def heard(wire: Wire) -> list[dict]:
    """All events that the listener got since the last time."""
    found = []
    while (message := wire.channel.basic_get(LISTENER, auto_ack=True))[0] is not None:
        found.append(orjson.loads(message[2]))
    return found


def unpublished(probe: TestedService) -> int:
    return probe.scalar("SELECT count(*) FROM outbox WHERE published_at IS NULL")


def run_command(probe: TestedService, command: str, *arguments: str) -> str:
    words = [sys.executable, "-m", "chassis", command, PACKAGE, *arguments]
    done = subprocess.run(words, env=environment_of(probe.settings), capture_output=True, text=True, check=True)
    return done.stdout


def test_recorded_events_reach_the_broker_in_the_order_of_their_aggregate(probe, working, wire):
    anna = probe.person("Anna", {"pages:write": "own", "pages:change": "own"})
    page = probe.call("write_page", anna, title="Title 1").json()
    for version in range(1, 20):
        probe.call("rename_page", anna, page_id=page["id"], title=f"Title {version + 1}", if_match=f'"{version}"')

    assert eventually(lambda: unpublished(probe) == 0)
    events = heard(wire)
    assert [event["version"] for event in events] == list(range(1, 21))
    assert {event["actor"] for event in events} == {str(anna.id)}


def test_a_relay_gives_up_a_broker_that_does_not_answer(broker, monkeypatch):
    monkeypatch.setattr(relay, "ANSWER_SECONDS", 0.5)
    with (
        MuteBroker(broker.amqp_url(), mute_connections=1) as mute,
        pytest.raises(AMQPError, match="not answered"),
        relay.ConfirmedPublisher(mute.amqp_url, "probe"),
    ):
        pytest.fail("it was never ready")


def test_two_relays_of_one_service_publish_each_event_once(probe, working, tmp_path, wire):
    anna = probe.person("Anna", {"pages:write": "own"})
    with ServiceProcess("work", PACKAGE, probe.settings, tmp_path / "second.log") as second:
        second.wait_ready()
        together(5, lambda n: [probe.call("write_page", anna, title=f"{n}.{m}") for m in range(20)])
        assert eventually(lambda: unpublished(probe) == 0)
    events = heard(wire)
    assert len({event["id"] for event in events}) == len(events) == 100


def test_another_relay_takes_over_when_the_first_is_killed(probe, working, tmp_path):
    anna = probe.person("Anna", {"pages:write": "own"})
    with ServiceProcess("work", PACKAGE, probe.settings, tmp_path / "second.log") as second:
        second.wait_ready()
        working.kill()
        probe.call("write_page", anna, title="Tides")
        assert eventually(lambda: unpublished(probe) == 0)


def test_events_are_published_again_on_request(probe, working, wire):
    anna = probe.person("Anna", {"pages:write": "own"})
    probe.call("write_page", anna, title="Tides")
    assert eventually(lambda: unpublished(probe) == 0)
    (first,) = heard(wire)

    since, until = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    run_command(probe, "replay", "--since", since.isoformat(), "--until", until.isoformat())

    assert eventually(lambda: unpublished(probe) == 0)
    assert heard(wire) == [first]


def test_a_job_reports_progress_and_its_result(probe, working):
    anna = probe.person("Anna", {})
    job_id = probe.call("start_copies", anna, count=55).json()["job_id"]

    assert eventually(lambda: probe.call("get_job", anna, job_id=job_id).json()["state"] == "done")

    job = probe.call("get_job", anna, job_id=job_id).json()
    assert (job["done"], job["total"], job["result"]) == (55, 55, {"copied": 55})
    assert probe.call("get_job", probe.person("Bella", {}), job_id=job_id).status == 404


def test_a_job_goes_on_from_its_checkpoint_after_kill_9(probe, tmp_path):
    anna = probe.person("Anna", {})
    job_id = probe.call("start_copies", anna, count=2000).json()["job_id"]
    with ServiceProcess("work", PACKAGE, probe.settings, tmp_path / "first.log") as first:
        assert eventually(lambda: probe.scalar("SELECT done FROM jobs") > 0, 20)
        first.kill()
    assert eventually(lambda: probe.scalar("SELECT count(*) FROM pages") == probe.scalar("SELECT done FROM jobs"))
    assert 0 < probe.scalar("SELECT done FROM jobs") < 2000

    with probe.session() as session:
        session.execute(jobs.jobs.update().values(lease_until=datetime.now(UTC)))
    probe.run_jobs()

    assert probe.call("get_job", anna, job_id=job_id).json()["state"] == "done"
    assert probe.scalar("SELECT count(*) FROM pages") == 2000


def test_runners_share_the_jobs_and_none_is_run_twice(probe):
    anna = probe.person("Anna", {})
    for _ in range(6):
        probe.call("start_copies", anna, count=0)
    assert sum(together(3, lambda _: probe.run_jobs())) == 6
    assert probe.scalar("SELECT max(attempts) FROM jobs") == 1


def test_a_queued_job_is_cancelled_at_once(probe):
    anna = probe.person("Anna", {})
    job_id = probe.call("start_copies", anna, count=20).json()["job_id"]
    assert probe.call("cancel_job", anna, job_id=job_id).json()["state"] == "cancelled"
    assert probe.run_jobs() == 0
    assert probe.call("cancel_job", anna, job_id=job_id).status == 409


def test_a_running_job_stops_at_its_next_chunk(probe):
    anna = probe.person("Anna", {})
    job_id = probe.call("start_copies", anna, count=20).json()["job_id"]
    with probe.session() as session:
        session.execute(jobs.jobs.update().values(cancel_requested=True))
    probe.run_jobs()
    assert probe.call("get_job", anna, job_id=job_id).json()["state"] == "cancelled"
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_a_job_of_somebody_who_has_left_fails(probe):
    probe.call("start_copies", probe.person("Anna", {}), count=20)
    with probe.session() as session:
        session.execute(jobs.jobs.update().values(started_by=UUID(int=7)))
    probe.run_jobs()
    assert probe.scalar("SELECT state FROM jobs") == "failed"
    assert probe.scalar("SELECT count(*) FROM pages") == 0


def test_a_timer_fires_on_time_and_once(probe, working, tmp_path):
    with ServiceProcess("work", PACKAGE, probe.settings, tmp_path / "second.log") as second:
        second.wait_ready()
        due = datetime.now(UTC) + timedelta(seconds=1)
        with probe.session() as session:
            set_alarm(session, "Now", due)
        assert eventually(lambda: probe.scalar("SELECT count(*) FROM pages WHERE title = 'Now'") == 1)
        assert probe.scalar("SELECT created_at FROM pages WHERE title = 'Now'") > due
        time.sleep(0.7)
    assert probe.scalar("SELECT count(*) FROM pages") == 1
    assert probe.scalar("SELECT count(*) FROM timers") == 0


def test_a_moved_timer_fires_at_its_new_time_and_a_cancelled_one_never(probe):
    past, future = datetime.now(UTC) - timedelta(seconds=1), datetime.now(UTC) + timedelta(hours=1)
    with probe.session() as session:
        set_alarm(session, "moved", past)
        set_alarm(session, "moved", future)
        set_alarm(session, "cancelled", past)
        timers.cancel_timer(session, "ring", "cancelled")
    assert probe.fire_timers() == 0


def test_a_timer_whose_effect_fails_is_put_off_and_keeps_nothing(probe):
    probe.call("write_page", probe.person("Anna", {"pages:write": "own"}), title="taken")
    with probe.session() as session:
        set_alarm(session, "taken", datetime.now(UTC) - timedelta(seconds=1))
    probe.fire_timers()
    assert probe.scalar("SELECT attempts FROM timers") == 1
    assert probe.scalar("SELECT due_at FROM timers") > datetime.now(UTC)


def test_a_parked_message_is_listed_shown_sent_back_and_dropped(probe, wire):
    for reason in ("first", "second"):
        with probe.session() as session:
            dead_letters.park(session, queue=LISTENER, body=b"{}", reason=reason, attempts=3, event_type="PageWritten")
    with probe.session() as session:
        first, second = dead_letters.listed(session)

    assert "after 3 attempts: first" in run_command(probe, "dead-letters", "list")
    assert '"reason": "second"' in run_command(probe, "dead-letters", "show", str(second["id"]))
    run_command(probe, "dead-letters", "retry", str(first["id"]))
    assert eventually(lambda: wire.messages_in(LISTENER) == 1)
    run_command(probe, "dead-letters", "drop", str(second["id"]))
    assert probe.scalar("SELECT count(*) FROM dead_letters") == 0

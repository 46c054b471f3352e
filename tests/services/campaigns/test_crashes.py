"""kill -9 at each step of a message: nobody gets it twice, and nobody is left out in silence."""

import contextlib
import os
import signal
import time

import pytest
from sqlalchemy.exc import InterfaceError, OperationalError

from chassis.testing.processes import ServiceProcess
from tests.services.campaigns.factories import hurry, known_customers, started, states, work_until


@pytest.fixture
def worker(campaigns, tmp_path):
    """Starts ``work`` processes; a broker is not needed to send mail."""
    processes = []

    def start() -> ServiceProcess:
        process = ServiceProcess("work", "services.campaigns", campaigns.settings, tmp_path / "work.log")
        processes.append(process.start())
        return process

    yield start
    for process in processes:
        process.kill()


def killer(process_of, *, at: int):
    """Kills the worker when it comes by for the ``at``-th time, and lets it pass otherwise."""
    visits = []

    def visit(_: str) -> None:
        visits.append(1)
        if len(visits) == at:
            os.kill(process_of(), signal.SIGKILL)

    return visit


def wait_for_end(process: ServiceProcess) -> None:
    deadline = time.monotonic() + 30
    while process.alive:
        assert time.monotonic() < deadline, process.log.read_text()[-3000:]
        time.sleep(0.02)


@pytest.mark.parametrize("step", ["at_sender", "at_recipient"])
def test_killed_before_the_message_is_told_the_next_worker_sends_it(campaigns, marketer, sink, worker, step):
    emails = known_customers(campaigns, 6)
    campaign_id = started(campaigns, marketer)
    setattr(sink, step, killer(lambda: process.pid, at=3))
    process: ServiceProcess = worker()
    wait_for_end(process)
    assert len(sink.messages) == 2

    hurry(campaigns)
    work_until(campaigns, campaign_id)
    assert sorted(sink.recipients) == sorted(emails)
    assert set(states(campaigns, campaign_id).values()) == {"sent"}


@pytest.mark.parametrize("taken", [True, False])
def test_killed_while_the_server_takes_the_message_it_is_uncertain_and_not_sent_again(
    campaigns, marketer, sink, worker, taken
):
    emails = known_customers(campaigns, 6)
    campaign_id = started(campaigns, marketer)

    def at_message(_: str) -> str | None:
        if len(sink.messages) < 2:
            return None
        os.kill(process.pid, signal.SIGKILL)
        return None if taken else "451 Not taken"

    sink.at_message = at_message
    process = worker()
    wait_for_end(process)
    sink.at_message = lambda _: None
    hurry(campaigns)
    work_until(campaigns, campaign_id)
    assert sink.repeated == {}
    assert len(sink.messages) == (6 if taken else 5)
    ended = states(campaigns, campaign_id)
    assert sorted(ended.values()) == ["sent"] * 5 + ["uncertain"]

    uncertain = campaigns.call("find_recipients", marketer, campaign_id=campaign_id, state="uncertain").json()["items"]
    assert [item["email"] for item in uncertain] == [address for address in emails if ended[address] == "uncertain"]
    assert "process ended" in uncertain[0]["reason"]
    report = campaigns.call("report", marketer, campaign_id=campaign_id).json()
    assert report["by_state"]["uncertain"] == 1


def test_however_often_the_worker_is_killed_nobody_gets_the_message_twice(campaigns, marketer, sink, worker):
    emails = known_customers(campaigns, 80)
    campaign_id = started(campaigns, marketer)
    deadline = time.monotonic() + 120
    kills = 0
    while campaigns.scalar("SELECT state FROM campaigns") != "sent":
        assert time.monotonic() < deadline
        before = len(sink.messages)
        process = worker()
        while process.alive and len(sink.messages) < before + 23 and time.monotonic() < deadline:
            if campaigns.scalar("SELECT state FROM campaigns") == "sent":
                break
            time.sleep(0.005)
        process.kill()
        kills += 1
        hurry(campaigns)

    assert kills >= 3
    assert sink.repeated == {}
    ended = states(campaigns, campaign_id)
    assert set(ended.values()) <= {"sent", "uncertain"}
    assert set(ended) == set(emails)
    uncertain = [address for address, state in ended.items() if state == "uncertain"]
    assert len(uncertain) <= kills
    assert set(emails) - set(sink.recipients) <= set(uncertain)


def test_a_worker_that_is_told_to_stop_leaves_nothing_uncertain(campaigns, marketer, sink, worker):
    emails = known_customers(campaigns, 40)
    campaign_id = started(campaigns, marketer)
    sink.at_recipient = lambda _: time.sleep(0.02)
    process = worker()
    deadline = time.monotonic() + 30
    while len(sink.messages) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert process.terminate() == 0

    sent_by_the_first = len(sink.messages)
    assert sent_by_the_first < 40
    assert sorted(set(states(campaigns, campaign_id).values())) == ["pending", "sent"]
    assert campaigns.scalar("SELECT state FROM jobs") == "queued"
    sink.at_recipient = lambda _: None
    work_until(campaigns, campaign_id)
    assert sorted(sink.recipients) == sorted(emails)


def test_a_database_that_goes_away_in_the_middle_repeats_nothing(campaigns, marketer, sink):
    emails = known_customers(campaigns, 30)
    campaign_id = started(campaigns, marketer)

    def cut_off(_: str) -> None:
        if len(sink.messages) % 7 == 3:
            with campaigns.database.engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    sink.at_message = cut_off
    deadline = time.monotonic() + 60
    while campaigns.scalar("SELECT state FROM campaigns") != "sent":
        assert time.monotonic() < deadline
        with contextlib.suppress(OperationalError, InterfaceError):
            campaigns.run_jobs()
        hurry(campaigns)
    assert sink.repeated == {}
    ended = states(campaigns, campaign_id)
    assert set(ended.values()) <= {"sent", "uncertain"}
    assert {address for address, state in ended.items() if state == "sent"} == set(emails) & set(sink.recipients)

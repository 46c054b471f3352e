"""Jobs that wait: put back with a delay by themselves, or at once because their process is to stop."""

import threading
from datetime import timedelta

import pytest

from chassis.jobs import JobPostponed, JobRun, JobRunner, enqueue
from tests.chassis.probe.service import ProbeService


@pytest.fixture
def probe(tested):
    return tested(ProbeService)


@pytest.fixture
def anna(probe):
    return probe.person("Anna", {"pages:write": "own"})


def runner(probe, **kinds) -> JobRunner:
    return JobRunner(kinds, probe.database, probe.directory, probe.runtime.context)


def add(probe, anna, *kinds: str) -> None:
    for kind in kinds:
        with probe.session(anna) as session:
            enqueue(session, anna.caller, kind, {})


def test_a_job_goes_on_from_its_checkpoint_after_the_delay_that_it_asked_for(probe, anna):
    seen = []

    def count_to_two(run: JobRun) -> dict[str, int]:
        seen.append(run.checkpoint)
        with run.chunk() as session:
            run.save(session, done=run.done + 1, checkpoint=run.done + 1)
        if run.done < 2:
            raise JobPostponed(timedelta(hours=1))
        return {"count": run.done}

    add(probe, anna, "count")
    counting = runner(probe, count=count_to_two)
    assert counting.run_one()
    assert not counting.run_one()
    assert probe.scalar("SELECT state FROM jobs") == "queued"

    with probe.session() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET lease_until = now() - interval '1 second'")
    assert counting.run_one()
    assert seen == [None, 1]
    assert probe.scalar("SELECT state FROM jobs") == "done"


def test_a_job_that_is_put_back_lets_the_others_go_first(probe, anna):
    order = []

    def rest(run: JobRun) -> None:
        order.append("long")
        if len(order) < 4:
            raise JobPostponed

    add(probe, anna, "long", "short", "short")
    both = runner(probe, long=rest, short=lambda run: order.append("short"))
    while both.run_one():
        pass
    assert order == ["long", "short", "short", "long"]


def test_waiting_is_no_failure_however_often(probe, anna):
    rounds = []

    def wait(run: JobRun) -> None:
        rounds.append(1)
        if len(rounds) < 20:
            raise JobPostponed

    add(probe, anna, "wait")
    waiting = runner(probe, wait=wait)
    while waiting.run_one():
        pass
    assert (len(rounds), probe.scalar("SELECT state FROM jobs")) == (20, "done")


def test_a_process_that_is_told_to_stop_finishes_the_present_chunk_and_puts_the_job_back(probe, anna):
    stopping, begun = threading.Event(), threading.Event()

    def endless(run: JobRun) -> None:
        while True:
            with run.chunk() as session:
                run.save(session, done=run.done + 1)
                begun.set()
                stopping.wait(5)

    add(probe, anna, "endless")
    thread = threading.Thread(target=runner(probe, endless=endless).run, args=(stopping,))
    thread.start()
    assert begun.wait(5)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert probe.scalar("SELECT state || done FROM jobs") == "queued1"


def test_what_has_happened_already_can_be_noted_even_then(probe, anna):
    def note(run: JobRun) -> None:
        run._stopping.set()
        with run.transaction() as session:
            run.save(session, done=7)
        with run.chunk():
            raise AssertionError("a new chunk was begun")

    add(probe, anna, "note")
    runner(probe, note=note).run_one()
    assert probe.scalar("SELECT state || done FROM jobs") == "queued7"

"""Finding and ending processes, and only the right ones."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from devservers import processes
from devservers.ports import wait_until
from devservers.processes import Seen

_PARENT = "import subprocess, time; subprocess.Popen(['sleep', '60'], start_new_session=True); time.sleep(60)"


def start(*words: str, owner: Path | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **({processes.OWNER: str(owner)} if owner else {})}
    return subprocess.Popen(words, env=environment)


def test_a_process_is_alive_until_it_ended_even_if_nobody_asked_for_its_exit_code():
    child = start("sleep", "60")
    process = processes.seen(child.pid)
    assert process is not None
    assert process.alive
    child.kill()
    wait_until(lambda: not process.alive, "the end", 5)
    child.wait()


def test_a_used_again_process_id_is_another_process():
    me = processes.seen(os.getpid())
    assert me is not None
    assert not Seen(me.pid, me.started - 1).alive


def test_only_processes_of_the_folder_and_below_it_are_ours(tmp_path):
    ours, below = start("sleep", "60", owner=tmp_path), start("sleep", "60", owner=tmp_path / "rabbitmq")
    other, unmarked = start("sleep", "60", owner=tmp_path.with_name(tmp_path.name + "x")), start("sleep", "60")
    try:
        wait_until(lambda: len(processes.owned_by(tmp_path)) == 2, "both marks", 5)
        assert {process.pid for process in processes.owned_by(tmp_path)} == {ours.pid, below.pid}
    finally:
        for child in (ours, below, other, unmarked):
            child.kill()
            child.wait()


def test_descendants_are_found_in_sessions_of_their_own():
    parent = start(sys.executable, "-c", _PARENT)
    wait_until(lambda: len(processes.descendants(parent.pid)) == 1, "the child", 10)
    family = processes.descendants(parent.pid)
    parent.kill()
    processes.end(family, grace=2)
    parent.wait()
    assert not any(process.alive for process in family)


def test_who_does_not_listen_is_killed():
    child = start(
        sys.executable,
        "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)",
    )
    process = processes.seen(child.pid)
    assert process is not None
    processes.end([process], grace=0.3, polite=signal.SIGCONT)
    assert child.wait(5) == -signal.SIGKILL

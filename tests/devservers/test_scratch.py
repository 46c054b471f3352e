"""Folders of killed test runs are cleared away, with the servers that still run for them."""

import subprocess
import sys
from pathlib import Path

from devservers import processes
from devservers.scratch import clear, clear_abandoned, scratch_folder

_KILLED_RUN = """
import os, signal
from devservers.mail import MailCatcher
from devservers.scratch import scratch_folder
folder = scratch_folder()
MailCatcher(folder / "mail").start()
print(folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_cleared_away_and_nothing_else():
    mine = scratch_folder()
    result = subprocess.run([sys.executable, "-c", _KILLED_RUN], stdout=subprocess.PIPE, text=True, check=False)
    abandoned = Path(result.stdout.strip())
    assert processes.owned_by(abandoned)
    clear_abandoned()
    assert not processes.owned_by(abandoned)
    assert not abandoned.exists()
    assert mine.exists()
    clear(mine)
    assert not mine.exists()

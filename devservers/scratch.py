"""Folders for servers that live as long as one test run, and the clearing away of what killed runs left."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from devservers import processes
from devservers.processes import Seen

_PREFIX = "rockpool-scratch"
_NAME = re.compile(_PREFIX + r"-(?P<pid>\d+)-(?P<started>\d+)-")


def scratch_folder() -> Path:
    """A new folder for this process' servers; folders whose process is gone are cleared away, with their servers."""
    clear_abandoned()
    me = processes.seen(os.getpid())
    assert me is not None
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}-{me.pid}-{me.started}-"))
    folder.chmod(0o711)  # PostgreSQL's account has to pass through
    return folder


def clear(folder: Path) -> None:
    """End every server that runs for the folder and delete it."""
    processes.end(processes.owned_by(folder), grace=0)
    for data in folder.glob("**/PG_VERSION"):
        processes.end(processes.running_in(data.parent, "postgres"), grace=0)
    shutil.rmtree(folder, ignore_errors=True)


def clear_abandoned() -> None:
    """Clear the folders of test runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}-*"):
        name = _NAME.match(folder.name)
        if name and not Seen(int(name["pid"]), int(name["started"])).alive and folder.stat().st_uid == os.geteuid():
            clear(folder)

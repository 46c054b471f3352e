"""Processor time, which says on a busy machine what clocks do not."""

import os
import time
from pathlib import Path

from devservers import processes
from devservers.postgres import PostgresCluster

TICKS = os.sysconf("SC_CLK_TCK")


def spent(cluster: PostgresCluster) -> tuple[float, float]:
    """Seconds of processor time of this process and of the database server, since each was started."""
    times = [_times(process.pid) for process in processes.running_in(cluster.data, "postgres")]
    ended = max((of_children for _, of_children in times), default=0)  # only the first process has any
    return time.process_time(), (sum(own for own, _ in times) + ended) / TICKS


def _times(pid: int) -> tuple[int, int]:
    """Ticks of a process, and of those children of it that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    user, system, of_children, system_of_children = map(int, fields[11:15])
    return user + system, of_children + system_of_children

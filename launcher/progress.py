"""Tells the person at the terminal what is going on, with the seconds since the start."""

import sys
import threading
import time


class Progress:
    """Prints one line per thing that happened."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begin

    def tell(self, what: str) -> None:
        """Print a line."""
        with self._lock:
            sys.stdout.write(f"{self.seconds:6.1f} s  {what}\n")
            sys.stdout.flush()

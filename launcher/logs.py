"""The logs of all processes, or of one service, as they grow."""

import sys
import time
from pathlib import Path

from devservers.server import log_tail
from launcher.places import Places


def logs(places: Places, service: str | None = None, lines: int = 20, follow: bool = True) -> int:
    """Print the last lines of each log, then follow until interrupted."""
    files = _files(places, service)
    if not files:
        names = ", ".join(sorted(file.stem for file in places.logs.glob("*.log")))
        print(f"no log of {service or 'any process'}; there are: {names or 'none yet'}")
        return 1
    readers = [_Reader(file, lines) for file in files]
    try:
        while True:
            news = [reader.show_new() for reader in readers]
            if not follow and not any(news):
                return 0
            time.sleep(0.2)
    except (KeyboardInterrupt, BrokenPipeError):
        return 0


class _Reader:
    """Shows what is new in one file, each line with the process' name before it."""

    def __init__(self, file: Path, lines: int) -> None:
        self._file = file
        self._offset = file.stat().st_size
        self._show(log_tail(file, lines))

    def show_new(self) -> bool:
        """Whether there was something new."""
        size = self._file.stat().st_size if self._file.exists() else 0
        if size < self._offset:
            self._offset = 0  # the file was put aside and begun anew
        if size == self._offset:
            return False
        with self._file.open("rb") as handle:
            handle.seek(self._offset)
            complete, newline, _ = handle.read(size - self._offset).rpartition(b"\n")
        self._offset += len(complete) + len(newline)
        self._show(complete.decode(errors="replace"))
        return bool(newline)

    def _show(self, text: str) -> None:
        for line in text.splitlines():
            sys.stdout.write(f"{self._file.stem:>18} | {line}\n")
        sys.stdout.flush()


def _files(places: Places, service: str | None) -> list[Path]:
    files = sorted(places.logs.glob("*.log"))
    if service is None:
        return files
    return [file for file in files if file.stem == service or file.stem.startswith(f"{service}-")]

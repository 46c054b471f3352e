"""Workbooks (XLSX, XLS) as CSV: the first sheet, read by a process of its own that may use only so much.

What arrives may be made to fill the memory: a sheet of a few bytes can claim billions of cells. The process that finds
out is ended by the limits, and only says that the file cannot be read.
"""

import csv
import io
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

MEMORY = 2 * 1024**3
SECONDS = 300
MAX_UNPACKED = 1024**3
MAX_PARTS = 2_000
LONGEST_CELL = 32_767
"""Characters: more than this no spreadsheet program has in a cell."""
ZIPPED, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class UnreadableWorkbook(Exception):
    """The file is no workbook that can be read within the limits; it says why."""


def is_workbook(start: bytes) -> bool:
    """Whether a file that starts so is a workbook."""
    return start.startswith((ZIPPED, COMPOUND))


def write_csv(workbook: BinaryIO, out: Any) -> None:
    """Write the first sheet as CSV in UTF-8; raises UnreadableWorkbook."""
    content = workbook.read()
    if content.startswith(ZIPPED):
        _check_unpacked(content)
    words = [sys.executable, "-I", "-c", CHILD.format(paths=sys.path)]
    reader = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert reader.stdin
    assert reader.stdout
    try:
        with reader.stdin:
            reader.stdin.write(content)
        while block := reader.stdout.read(1 << 20):
            out.write(block)
    except BrokenPipeError:
        pass
    finally:
        reader.stdout.close()
        if reader.wait() != 0:
            raise UnreadableWorkbook("It is damaged, protected by a password, or too large to be unpacked")


def _check_unpacked(content: bytes) -> None:
    """What the file itself says of its size; that it is true is seen to by the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            sizes = [one.file_size for one in parts.infolist()]
    except (zipfile.BadZipFile, ValueError, OverflowError):
        raise UnreadableWorkbook("It is damaged") from None
    if len(sizes) > MAX_PARTS or sum(sizes) > MAX_UNPACKED:
        raise UnreadableWorkbook("It is too large to be unpacked")


CHILD = "import sys; sys.path[:] = {paths!r}; from chassis.workbooks import convert; convert()"


def convert() -> None:
    """The process: a workbook comes in, its first sheet goes out."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    csv.writer(out).writerows(_lines(workbook.get_sheet_by_index(0).iter_rows()))
    out.flush()


def _lines(rows: Iterable[list[Any]]) -> Iterable[list[str]]:
    return ([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> str:
    """A value as somebody would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    text = str(value) if not isinstance(value, timedelta) else str(value.total_seconds())
    if len(text) > LONGEST_CELL:
        raise UnreadableWorkbook("A cell is too long")
    return text.replace("\0", "")

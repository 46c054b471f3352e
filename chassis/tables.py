"""Tables that people upload as CSV or workbooks, and those that they fetch: results of imports, and exports.

Reading is safe with whatever arrives: size, rows and columns have limits, the character set and the delimiter are
recognised, and everything that cannot be read is refused with its line before the first row is worked on.
"""

import codecs
import csv
import hashlib
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO, StringIO, TextIOWrapper
from itertools import chain, count, islice
from typing import Any, BinaryIO, Self, cast
from uuid import UUID

from chassis.blobs import BlobStore
from chassis.character_sets import UnreadableTable, encoding_of
from chassis.encryption.files import Scratch
from chassis.errors import Invalid
from chassis.offload import offload
from chassis.workbook_files import MEDIA_TYPE, write_workbook
from chassis.workbooks import UnreadableWorkbook, is_workbook, write_csv

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
FIRST_BYTES = 1024 * 1024
MAX_PEEKED_BYTES = 10 * 1024 * 1024
DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
FORMULA_STARTS = frozenset("=+-@\t\r")
NUMBERS = re.compile(r"[+-][\d\s().,/-]*")


class NoSuchUpload(Invalid):
    """The upload that is named is somebody else's, or was never there."""

    slug, title = "no-such-upload", "There is no such upload of yours"


Converter = Callable[[BinaryIO, Any], bool]
"""Writes a file of another kind as CSV in UTF-8 and answers True, or answers False if it is none of that kind."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header, blank lines not counted."""

    number: int
    """1 for the first row below the header."""
    cells: dict[str, str]
    """The text of each column, stripped; empty where the row is too short."""
    surplus: int
    """How many cells it has more than the header: most often an unquoted delimiter."""

    @property
    def digest(self) -> str:
        """A hash (SHA-256) of the content, the same for the same cells in another file."""
        content = "\x1f".join(f"{name}\x1e{self.cells[name]}" for name in sorted(self.cells))
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(eq=False, kw_only=True)
class Table:
    """An uploaded table that was read through once, so that it is known to be sound; close it after use."""

    header: tuple[str, ...]
    row_count: int
    encoding: str
    delimiter: str
    sha256: str
    """Of the file's bytes."""
    _file: Any = field(repr=False)

    def rows(self, start: int = 0) -> Iterator[Row]:
        """The rows, without the first ``start`` ones; only one such reading at a time."""
        _, records = _parsed(self._file, self.encoding, self.delimiter)
        width = len(self.header)
        for number, cells in islice(enumerate(records, 1), start, None):
            padded = [*cells[:width], *[""] * (width - len(cells))]
            yield Row(number, dict(zip(self.header, padded)), max(0, len(cells) - width))

    def chunks(self, size: int, start: int = 0) -> Iterator[list[Row]]:
        """The rows in lists of at most ``size``, without the first ``start`` ones: a job saves after each."""
        rows = self.rows(start)
        while chunk := list(islice(rows, size)):
            yield chunk

    def require(self, columns: set[str], pointer: str) -> None:
        """Raises Invalid at ``pointer`` if the table lacks one of these columns."""
        if missing := sorted(columns - set(self.header)):
            raise Invalid(
                f"The file has no column {', '.join(missing)}; it has {', '.join(self.header)}",
                errors=[{"pointer": pointer, "detail": f"The file has no column {name}."} for name in missing],
            )

    def close(self) -> None:
        """Give the memory or the temporary file back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_table(
    blob: BinaryIO,
    *,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    also: Sequence[Converter] = (),
) -> Table:
    """The table in a CSV file or on the first sheet of a workbook; closes the file. Raises UnreadableTable.

    ``also`` are converters for files of other kinds.

    Without ``encoding`` the character set is that of the byte order mark, else UTF-8, else the likeliest of GB 18030,
    Big5 and Windows-1252.
    """
    file = Scratch()
    try:
        with blob:
            sha256 = _copied(blob, file, max_bytes)
        file = _as_csv(file, (_from_workbook, *also))
        chosen = encoding or encoding_of(file)
        delimiter = _delimiter_of(file, chosen)
        header, count = _read_through(file, chosen, delimiter, max_rows)
    except BaseException:
        file.close()
        raise
    return Table(header=header, row_count=count, encoding=chosen, delimiter=delimiter, sha256=sha256, _file=file)


def peek_table(blob: BinaryIO, rows: int, *, also: Sequence[Converter] = ()) -> tuple[tuple[str, ...], list[list[str]]]:
    """The header and the first rows of a table, however long it is; closes the file. Raises UnreadableTable.

    Of a workbook all has to be unpacked, so a large one is refused.
    """
    file = Scratch()
    try:
        with blob:
            start = blob.read(FIRST_BYTES)
            packed = is_workbook(start)
            file.write(start if packed or len(start) < FIRST_BYTES else start[: start.rfind(b"\n") + 1] or start)
            if packed:
                _copied(blob, file, MAX_PEEKED_BYTES)
        file = offload(_as_csv, file, (_from_workbook, *also))
        chosen = encoding_of(file)
        header, records = _parsed(file, chosen, _delimiter_of(file, chosen))
        return header, list(islice(records, rows))
    finally:
        file.close()


def _as_csv(file: Scratch, converters: Sequence[Converter]) -> Scratch:
    """The file, or what a converter makes of it."""
    for convert in converters:
        made = Scratch()
        try:
            if convert(cast(BinaryIO, file.reader()), made):
                file.close()
                return made
        except UnreadableWorkbook as error:
            made.close()
            raise UnreadableTable(str(error)) from None
        except BaseException:
            made.close()
            raise
        made.close()
    return file


def _from_workbook(file: BinaryIO, made: Any) -> bool:
    if not is_workbook(file.peek(8)):  # type: ignore[attr-defined]  # a BufferedReader
        return False
    write_csv(file, made)
    return True


def open_upload(blobs: BlobStore, key: str, owner_id: UUID, pointer: str = "/file") -> BinaryIO:
    """A file that this person has uploaded; raises NoSuchUpload at ``pointer`` for anybody else's or a missing one."""
    if key.startswith(f"uploads/{owner_id}/"):
        try:
            return blobs.open(key)
        except FileNotFoundError:
            pass
    raise NoSuchUpload.field(pointer, "There is no such upload of yours.")


def _copied(blob: BinaryIO, file: Any, max_bytes: int) -> str:
    """Copy within the limit. Returns the SHA-256 of the bytes."""
    digest, size = hashlib.sha256(), 0
    while block := blob.read(1 << 20):
        size += len(block)
        if size > max_bytes:
            raise UnreadableTable(f"The file has more than {max_bytes} bytes")
        digest.update(block)
        file.write(block)
    return digest.hexdigest()


def _delimiter_of(file: Any, encoding: str) -> str:
    """The delimiter that the first line has most of; a comma if it has none."""
    with _text(file, encoding) as text:
        try:
            first = next((line for line in text if line.strip()), "")
        except UnicodeDecodeError:
            raise UnreadableTable(f"The file is not {encoding} throughout; save it as UTF-8") from None
    return max(DELIMITERS, key=QUOTED.sub("", first).count)


def _read_through(file: Any, encoding: str, delimiter: str, max_rows: int) -> tuple[tuple[str, ...], int]:
    """The header and the number of rows of a table that holds no surprise."""
    header, records = _parsed(file, encoding, delimiter)
    rows = sum(1 for _ in islice(records, max_rows + 1))
    if rows > max_rows:
        raise UnreadableTable(f"The file has more than {max_rows} rows")
    return header, rows


def _parsed(file: Any, encoding: str, delimiter: str) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    """The header and the records below it."""
    records = _records(file, encoding, delimiter)
    first = next(records, None)
    if first is None:
        raise UnreadableTable("The file is empty")
    return _header(first), records


def _records(file: Any, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The records that are not blank, cells stripped."""
    with _text(file, encoding) as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                content = "".join(cells)
                if "\0" in content:
                    raise UnreadableTable(f"Line {reader.line_num} holds the character NUL")
                if content and not content.isspace():
                    yield [cell.strip() for cell in cells] if "'" not in content else [_plain(cell) for cell in cells]
        except csv.Error as error:
            raise UnreadableTable(f"Line {reader.line_num}: {error}") from None
        except UnicodeDecodeError:
            raise UnreadableTable(
                f"The file is not {encoding} throughout (after line {reader.line_num}); save it as UTF-8"
            ) from None


def _plain(cell: str) -> str:
    """The cell without the apostrophe that keeps spreadsheets from taking it for a formula (see ``_harmless``)."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_STARTS else text


def _header(cells: list[str]) -> tuple[str, ...]:
    """The column names: nameless columns are called after their place, a name twice is refused."""
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise UnreadableTable(f"The file has more than {MAX_COLUMNS} columns")
    names = [cell or f"column_{place}" for place, cell in enumerate(cells, 1)]
    for name in names:
        if names.count(name) > 1:
            raise UnreadableTable(f"The column {name} is there twice")
    return tuple(names)


@contextmanager
def _text(file: Any, encoding: str) -> Iterator[TextIOWrapper]:
    """The file as text from its beginning; the file itself stays open."""
    chosen = "utf-8-sig" if encoding == "utf-8" else encoding
    with TextIOWrapper(file.reader(), encoding=chosen, newline="") as wrapper:
        yield wrapper


class PartedFile:
    """A CSV file that a job writes in parts, one for each chunk, before the chunk commits.

    A chunk that is done again writes its part again, so the whole has each row once. Only whoever started the job can
    fetch it (``chassis.job_operations``).
    """

    def __init__(self, blobs: BlobStore, job_id: UUID, header: Sequence[str], *, beside: str = "") -> None:
        """``beside`` is the name of a second file of the job."""
        self._blobs = blobs
        self._folder = f"results/{job_id}/{beside}".rstrip("/")
        self._header = header

    def write_lines(self, number: int, lines: Iterable[Iterable[object]]) -> None:
        """Store the lines of part ``number`` (0, 1, …)."""
        self._blobs.put(self._part(number), BytesIO(_csv(lines)))

    def finish(self, parts: int, name: str) -> dict[str, str]:
        """Put the parts together. Returns ``file``, ``name`` and ``media_type`` for the result of the job."""
        key = f"{self._folder}/result.csv"
        if not self._blobs.exists(key):  # else a process died after this point, and some parts are gone
            self._put_together(key, parts)
        self.discard(parts)
        return {"file": key, "name": name, "media_type": "text/csv; charset=utf-8"}

    def finish_workbook(self, parts: int, name: str, numbers: Collection[str]) -> dict[str, str]:
        """Likewise as a workbook; ``numbers`` are the columns that hold some."""
        key = f"{self._folder}/result.xlsx"
        if not self._blobs.exists(key):
            with Scratch() as whole:
                write_workbook(whole, self._header, self._lines(parts), numbers)
                whole.seek(0)
                self._blobs.put(key, cast(BinaryIO, whole))
        self.discard(parts)
        return {"file": key, "name": name, "media_type": MEDIA_TYPE}

    def discard(self, parts: int) -> None:
        """Delete the parts, when the job is to end without a result."""
        for number in range(parts):
            self._blobs.delete(self._part(number))

    def _put_together(self, key: str, parts: int) -> None:
        with Scratch() as whole:
            whole.write(codecs.BOM_UTF8 + _csv([self._header]))
            for number in range(parts):
                with self._blobs.open(self._part(number)) as part:
                    shutil.copyfileobj(part, cast(BinaryIO, whole))
            whole.seek(0)
            self._blobs.put(key, cast(BinaryIO, whole))

    def _lines(self, parts: int) -> Iterator[list[str]]:
        for number in range(parts):
            with self._blobs.open(self._part(number)) as part, TextIOWrapper(part, "utf-8", newline="") as text:
                yield from csv.reader(text)

    def _part(self, number: int) -> str:
        return f"{self._folder}/part-{number}.csv"


class ResultFile(PartedFile):
    """The result of an import: the columns of the upload, then what became of each row."""

    def __init__(self, blobs: BlobStore, job_id: UUID, header: Sequence[str], outcome: Sequence[str]) -> None:
        """``outcome`` names the columns that are added, such as status, code and message."""
        super().__init__(blobs, job_id, [*header, *_renamed(outcome, header)])

    def write_part(self, number: int, rows: Iterable[tuple[Row, Sequence[object]]]) -> None:
        """Store the rows of part ``number`` (0, 1, …), each with the values of its outcome columns."""
        self.write_lines(number, ([*row.cells.values(), *outcome] for row, outcome in rows))


def _renamed(outcome: Sequence[str], header: Sequence[str]) -> list[str]:
    """The outcome columns, numbered where the upload has a column of that name."""
    names = []
    for name in outcome:
        candidates = chain([name], (f"{name}_{number}" for number in count(2)))
        names.append(next(candidate for candidate in candidates if candidate not in header))
    return names


def _csv(lines: Iterable[Iterable[object]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows([_harmless(value) for value in line] for line in lines)
    return text.getvalue().encode()


def _harmless(value: object) -> str:
    """The value as a cell that no spreadsheet takes for a formula; signed and telephone numbers stay as they are."""
    text = "" if value is None else str(value)
    if text[:1] in FORMULA_STARTS and not NUMBERS.fullmatch(text):
        return f"'{text}"
    return text

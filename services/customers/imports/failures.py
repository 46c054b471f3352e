"""The rows of an import that failed, alone: to be corrected and imported again."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import job_operations
from chassis.blobs import BlobStore
from chassis.identity.caller import Caller
from chassis.job_operations import NoResultFile
from chassis.tables import PartedFile, Row
from services.customers.changesets.ledger import FAILED
from services.customers.changesets.wording import CHINESE

PROBLEM = ("Problem", "问题")
"""The column that is added, which an import takes no notice of."""

Said = dict[int, tuple[str, str, str]]
"""Status, codes and message of rows, by number."""


class FailedRows:
    """Writes the columns of the upload, and why each row failed."""

    def __init__(self, blobs: BlobStore, job_id: UUID, header: Sequence[str], language: str) -> None:
        self._columns = [name for name in header if name not in PROBLEM]
        self._file = PartedFile(blobs, job_id, [*self._columns, PROBLEM[language == CHINESE]], beside="failed")
        self._rows = 0

    def write_part(self, number: int, rows: Iterable[Row], said: Said) -> None:
        """Store those of the rows of part ``number`` (0, 1, …) that failed."""
        lines = [self._line(row, said[row.number][2]) for row in rows if said[row.number][0] == FAILED]
        self._file.write_lines(number, lines)
        self._rows += len(lines)

    def finish(self, parts: int) -> dict[str, Any]:
        """What the result of the job says of it: nothing if no row has failed."""
        if not self._rows:
            self.discard(parts)
            return {}
        return {"failed_file": self._file.finish(parts, "")["file"]}

    def discard(self, parts: int) -> None:
        """Leave nothing of it."""
        self._file.discard(parts)

    def _line(self, row: Row, why: str) -> list[object]:
        return [*(row.cells[name] for name in self._columns), why]


def failed_rows(session: Session, caller: Caller, job_id: UUID) -> dict[str, Any]:
    """Fetch the rows of an import of yours that failed, with the columns of the upload and why they did.

    Correct them and import the file as it is, with the same mapping if the first one had one.
    """
    result = job_operations.get_job(session, caller, job_id)["result"] or {}
    if "failed_file" not in result:
        raise NoResultFile
    return {"file": result["failed_file"], "name": "customers-failed.csv", "media_type": "text/csv; charset=utf-8"}

"""Places in /var/tmp for data of folders that the server's account cannot enter, and what becomes of them."""

import os
import shutil
import tempfile
from pathlib import Path

from devservers import processes

_ROOM = Path("/var/tmp")
_PREFIX = "rockpool-postgresql-"
_OWNER = "belongs-to"


def remembered_place(folder: Path) -> Path:
    """The place of this folder, made at the first call; places whose folders were deleted are cleared away then."""
    note = folder / "place"
    place = Path(note.read_text()) if note.exists() else None
    if place is None or not _may_be_ours(place, folder):
        _clear_deserted()
        place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_ROOM))
        place.chmod(0o711)
        note.write_text(str(place))
    (place / _OWNER).write_text(str(folder))
    return place


def give_up(place: Path) -> None:
    """Delete a place with everything in it, and end the server that may still run there."""
    processes.end(processes.running_in(place / "data", "postgres"), grace=0)
    shutil.rmtree(place, ignore_errors=True)


def _may_be_ours(place: Path, folder: Path) -> bool:
    """Whether the place was made for this folder, or for one that has since been moved (but was not copied) here."""
    try:
        owner = Path((place / _OWNER).read_text())
    except OSError:
        return False
    return owner == folder or not owner.exists()


def _clear_deserted() -> None:
    for place in _ROOM.glob(f"{_PREFIX}*"):
        owner = place / _OWNER
        if owner.exists() and owner.stat().st_uid == os.geteuid() and not Path(owner.read_text()).exists():
            give_up(place)

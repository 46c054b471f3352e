"""Where PostgreSQL's programs can be had on this machine, and as whom they run."""

import os
import pwd
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devservers import debian

PACKAGE = "postgresql"
_INSTALLED = Path("/usr/lib/postgresql")
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class PostgresPrograms:
    """The folder with initdb and postgres, and what they need in their environment."""

    folder: Path
    origin: str
    environment: dict[str, str] = field(default_factory=dict)


def find_programs(packages: Path = debian.PACKAGES) -> PostgresPrograms:
    """The first PostgreSQL that fits: installed, by apt, unpacked below `packages`; CannotGet tells the rest."""
    reasons = []
    ways: tuple[Callable[[Path], PostgresPrograms], ...] = (_installed, _by_apt, unpacked_programs)
    for way in ways:
        try:
            return way(packages)
        except debian.CannotGet as reason:
            reasons.append(f"  - {reason}")
    raise debian.CannotGet(
        "There is no PostgreSQL here and none could be had:\n" + "\n".join(reasons) + f"\n"
        f"Install it with `sudo apt-get install {PACKAGE}`, or set DATABASE_URL (an account that may create databases)."
    )


def unpacked_programs(packages: Path, as_if_missing: tuple[str, ...] = ("postgresql", "libpq")) -> PostgresPrograms:
    """PostgreSQL from Debian's packages, unpacked below `packages`; it finds its own files relative to the program."""
    root = debian.unpack([PACKAGE], packages / "postgresql", as_if_missing)
    folder = newest(root / "usr/lib/postgresql")
    if folder is None:
        raise debian.CannotGet(f"no server in the packages unpacked below {packages}")
    return PostgresPrograms(folder, f"Debian packages unpacked below {packages}", debian.library_path(root))


def newest(versions: Path) -> Path | None:
    """The bin folder of the newest version that has a server."""
    found = [
        folder for folder in versions.glob("*/bin") if (folder / "postgres").is_file() and (folder / "initdb").is_file()
    ]
    return max(found, key=lambda folder: _number(folder.parent.name), default=None)


def account() -> str | None:
    """As whom to run the server when we are root (PostgreSQL refuses root); None when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in _ACCOUNTS if name in known), None)


def _installed(packages: Path) -> PostgresPrograms:
    folder = newest(_INSTALLED) or _on_path()
    if folder is None:
        raise debian.CannotGet("none is installed")
    return PostgresPrograms(folder, f"installed, {folder}")


def _by_apt(packages: Path) -> PostgresPrograms:
    debian.install([PACKAGE])
    folder = newest(_INSTALLED)
    if folder is None:
        raise debian.CannotGet(f"apt installed {PACKAGE}, but its programs are nowhere")
    return PostgresPrograms(folder, f"installed just now with apt, {folder}")


def _on_path() -> Path | None:
    program = shutil.which("initdb")
    folder = Path(program).resolve().parent if program else None
    return folder if folder is not None and (folder / "postgres").is_file() else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))

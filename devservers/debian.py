"""Getting servers from Debian's packages: installed with root or sudo, or only unpacked below a folder without it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_STATUS = Path("/var/lib/dpkg/status")
_LISTS = Path("/var/lib/apt/lists")
_POLICY = Path("/usr/sbin/policy-rc.d")


class CannotGet(RuntimeError):
    """The packages could not be had this way; the text says why."""


def become_root() -> list[str] | None:
    """The words before a command that make it run as root: none as root, `sudo -n` where it works, else None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def install(packages: Sequence[str]) -> None:
    """Install with apt, without letting the packages start the services that they bring."""
    root = become_root()
    if root is None or not shutil.which("apt-get"):
        raise CannotGet("apt needs root or sudo without a password")
    say(f"installing {' '.join(packages)} with apt")
    with _NoServices(root):
        environment = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
        if not any(_LISTS.glob("*_Packages*")):
            _run([*root, "apt-get", "-qq", "update"])
        command = [*root, *environment, "apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages]
        try:
            _run(command)
        except CannotGet:
            _run([*root, "apt-get", "-qq", "update"])
            _run(command)


def unpack(packages: Sequence[str], folder: Path, as_if_missing: Iterable[str] = ()) -> Path:
    """Download packages with all they depend on and unpack them; needs no root. Answers the new root folder.

    folder: where downloads, apt's own files and the unpacked tree go.
    as_if_missing: beginnings of package names that are fetched even where the system has them.
    """
    root = folder / "root"
    done = folder / "unpacked"
    if done.exists() and set(packages) <= set(done.read_text().split()):
        return root
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise CannotGet("no apt-get and dpkg-deb here")
    say(f"fetching {' '.join(packages)} and unpacking below {folder} (no root needed)")
    options = _private_apt(folder / "apt", [*packages, *as_if_missing])
    download = ["-qq", "-y", "--no-install-recommends", "--download-only", "install", *packages]
    try:
        _run(["apt-get", *options, *download])
    except CannotGet:  # no package lists on this machine, or old ones: fetch our own
        options += ["-o", f"Dir::State::lists={folder / 'apt' / 'lists'}"]
        _run(["apt-get", *options, "-qq", "update"])
        _run(["apt-get", *options, *download])
    for archive in sorted((folder / "apt" / "cache" / "archives").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(archive), str(root)])
    done.write_text(" ".join(packages))
    return root


def library_path(root: Path) -> dict[str, str]:
    """Environment that lets programs of an unpacked tree find the shared libraries unpacked with them."""
    folders = sorted({str(library.parent) for library in (root / "usr" / "lib").glob("*-linux-gnu*/*.so*")})
    folders += sorted({str(library.parent) for library in (root / "lib").glob("*-linux-gnu*/*.so*")})
    known = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    return {"LD_LIBRARY_PATH": ":".join([*folders, *known])} if folders else {}


def relocate(root: Path, files: Iterable[Path], written_in: str) -> None:
    """Put the unpacked tree's own folder in place of the absolute one that is written into scripts."""
    for script in files:
        if script.is_file() and not script.is_symlink():
            text = script.read_text(errors="surrogateescape")
            moved = re.sub(rf"(?<![\w/.-]){re.escape(written_in)}", f"{root}{written_in}", text)
            if moved != text:
                script.write_text(moved, errors="surrogateescape")


def say(what: str) -> None:
    """Tell the person at the terminal what is being done to the machine."""
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


class _NoServices:
    """While packages are installed, Debian's policy file says that no service may be started."""

    def __init__(self, root: Sequence[str]) -> None:
        self._root = root
        self._ours = False

    def __enter__(self) -> None:
        if not _POLICY.exists():
            self._ours = True
            script = f"printf '#!/bin/sh\\nexit 101\\n' > {_POLICY} && chmod 755 {_POLICY}"
            _run([*self._root, "sh", "-c", script])

    def __exit__(self, *exc: object) -> None:
        if self._ours:
            _run([*self._root, "rm", "-f", str(_POLICY)])


def _private_apt(state: Path, missing: Sequence[str]) -> list[str]:
    """Options that make apt keep its files below `state` and take half-installed leftovers for missing."""
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    status = state / "status"
    status.write_text(_without(_STATUS.read_text(errors="surrogateescape"), missing), errors="surrogateescape")
    settings = (
        f"Dir::State::status={status}",
        f"Dir::Cache={state / 'cache'}",
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
    )
    return [word for setting in settings for word in ("-o", setting)]


def _without(status: str, prefixes: Sequence[str]) -> str:
    """dpkg's list of installed packages less those whose names begin so."""
    pattern = re.compile(r"Package: (?:" + "|".join(map(re.escape, prefixes)) + ")")
    return "\n\n".join(entry for entry in status.split("\n\n") if not pattern.match(entry)) + "\n"


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-8:])
        raise CannotGet(f"{' '.join(command[:12])} …: exit code {result.returncode}\n{tail}")


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0

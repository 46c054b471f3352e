"""Getting servers from Debian's packages: installed with root or sudo, or only unpacked below a folder without it."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / ".run" / "packages"
"""Where packages are unpacked: once per checkout, however many servers it runs."""

_STATUS = Path("/var/lib/dpkg/status")
_LISTS = Path("/var/lib/apt/lists")
_APT = ("-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=180")
_SWITCHES = {
    "/usr/sbin/policy-rc.d": "#!/bin/sh\\nexit 101\\n",
    "/etc/postgresql-common/createcluster.d/rockpool.conf": "create_main_cluster = false\\n",
}
_TURN = threading.Lock()


class CannotGet(RuntimeError):
    """The packages could not be had this way; the text says why."""


def become_root() -> list[str] | None:
    """The words before a command that make it run as root: none as root, `sudo -n` where it works, else None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def install(packages: Sequence[str], services: Sequence[str] = ()) -> None:
    """Install with apt, so that nothing which the packages bring is started, now or at the next boot.

    services: systemd's units that the packages would leave switched on.
    """
    root = become_root()
    if root is None or not shutil.which("apt-get"):
        raise CannotGet("apt needs root or sudo without a password")
    with _one_at_a_time(), _nothing_starts(root):
        say(f"installing {' '.join(packages)} with apt")
        settings = ["env", "DEBIAN_FRONTEND=noninteractive"]
        command = [*root, *settings, "apt-get", *_APT, "install", *packages]
        if not any(_LISTS.glob("*_Packages*")):
            _run([*root, "apt-get", "-qq", "update"])
        try:
            _run(command)
        except CannotGet:  # the package lists may be older than the archive
            _run([*root, "apt-get", "-qq", "update"])
            _run(command)
    if services and shutil.which("systemctl"):
        _succeeds([*root, "systemctl", "--quiet", "disable", *services])


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


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Only one of us runs apt; the others wait. (For others' apt it waits by itself, see _APT.)"""
    with _TURN, (Path(tempfile.gettempdir()) / f"rockpool-apt-{os.geteuid()}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _nothing_starts(root: Sequence[str]) -> Iterator[None]:
    """While packages are installed, Debian's own switches say: start no service, make no database cluster."""
    ours = {file: text for file, text in _SWITCHES.items() if not Path(file).exists()}
    try:
        for file, text in ours.items():
            _run([*root, "sh", "-c", f"mkdir -p $(dirname {file}) && printf '{text}' > {file} && chmod 755 {file}"])
        yield
    finally:
        for file in ours:
            _succeeds([*root, "rm", "-f", file])


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

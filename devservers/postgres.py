"""A private PostgreSQL cluster on the loopback interface, with passwords, run as an ordinary user."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote

from devservers import databases, elsewhere, processes
from devservers.debian import say
from devservers.ports import HOST, NotReady, free_port, is_free
from devservers.postgres_programs import PostgresPrograms, account, find_programs
from devservers.server import Command, DevServer, as_user

SUPERUSER = "rockpool"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_INITDB = (
    *("--username", SUPERUSER, "--auth", "scram-sha-256"),
    *("--encoding", "UTF8", "--locale", "C.UTF-8"),
    *("--no-sync", "--no-instructions"),
)
_STARTS = 3


class PostgresCluster(DevServer):
    """A PostgreSQL cluster in a folder; it keeps its address and passwords whether stopped, killed or wiped.

    fast: no fsync; for tests whose data nobody misses after a power cut (a killed process still loses nothing).
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: PostgresPrograms | None = None,
        port: int | None = None,
        fast: bool = False,
        log: Path | None = None,
    ) -> None:
        super().__init__("PostgreSQL", folder, log)
        self.fast = fast
        self._programs = programs
        self._wanted_port = port
        self._account = account()
        self.password = self._remembered("password", lambda: secrets.token_urlsafe(24))
        self.port = port or int(self._remembered("port", lambda: str(free_port())))
        self.data = self._place() / "data"

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        if self.fast and self.data.parent != self.folder:
            elsewhere.give_up(self.data.parent)

    @property
    def programs(self) -> PostgresPrograms:
        """Where the server comes from; looked for (and fetched if need be) at the first use."""
        if self._programs is None:
            self._programs = find_programs()
        return self._programs

    @property
    def origin(self) -> str:
        """Where the server comes from, in words."""
        return self.programs.origin

    def url(self, name: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Address of a database as SQLAlchemy wants it; without a user that of the cluster's owner."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql+psycopg2://{quote(user)}:{secret}@{HOST}:{self.port}/{name}"

    def start(self, timeout: float = 60) -> Self:
        """Start the cluster (made at the first start) and wait until it answers; tried again after an unclean stop."""
        for attempt in range(1, _STARTS + 1):
            self.launch()
            try:
                self.wait_ready(timeout)
                return self
            except NotReady:
                self.kill()
                if attempt == _STARTS:
                    raise
                time.sleep(0.5 * attempt)
        return self

    def launch(self) -> None:
        """Start the postmaster without waiting; ends what an earlier, killed run of the same folder left behind."""
        if self.alive:
            return
        self._end_leftovers()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if self._wanted_port is None and not is_free(self.port):
            self.port = free_port()
            self._keep("port", str(self.port))
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = [word for setting in self._settings() for word in ("-c", setting)]
        program = str(self.programs.folder / "postgres")
        self._process.start(
            Command((program, "-D", str(self.data), *settings), self._environment(), self.data, self._account)
        )

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until a query is answered (a cluster that recovers from a crash refuses them for a while)."""
        self._process.wait(lambda: databases.answers(self.url()), timeout)

    def stop(self, grace: float = 30) -> None:
        """Stop the cluster in an orderly way; running queries are broken off (PostgreSQL's `fast` shutdown)."""
        self._process.end(signal.SIGINT, grace)

    def kill(self) -> None:
        """SIGKILL for the postmaster and all its children."""
        self._process.kill()
        self._end_leftovers(grace=0)

    def wipe(self) -> None:
        """Delete all databases; the cluster must not run."""
        if self.alive:
            raise RuntimeError("stop or kill the cluster before its data is deleted")
        shutil.rmtree(self.data, ignore_errors=True)

    def create_role_and_database(self, name: str, password: str) -> str:
        """Make a role and its own database, or set the role's password anew; answers the database's URL."""
        databases.create_role_and_database(self.url(), name, password)
        return self.url(name, name, password)

    def _create(self) -> None:
        """initdb in a fresh folder, which only becomes the data folder when it is complete."""
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        self._hand_over(fresh)
        with tempfile.NamedTemporaryFile("w", dir=fresh.parent, prefix="pw-") as password:
            password.write(self.password)
            password.flush()
            self._hand_over(Path(password.name))
            self._run("initdb", *_INITDB, "--pgdata", str(fresh), "--pwfile", password.name)
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _settings(self) -> tuple[str, ...]:
        return (
            f"listen_addresses={HOST}",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=128MB",
            "max_wal_size=2GB",
            "jit=off",
            "timezone=UTC",
            "logging_collector=off",
            "log_line_prefix=%m [%p] %q%u@%d ",
            *(_FAST if self.fast else ()),
        )

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs.folder / program), *words]
        surroundings = {"env": {**os.environ, **self._environment()}, "cwd": self.data.parent, **as_user(self._account)}
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **surroundings
        )
        if result.returncode != 0:
            raise NotReady(f"{program} failed:\n{result.stdout}{result.stderr}")

    def _environment(self) -> dict[str, str]:
        return {**self.programs.environment, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _end_leftovers(self, grace: float = 5) -> None:
        left = processes.running_in(self.data, "postgres")
        master = [process for process in left if processes.parent(process.pid) not in {other.pid for other in left}]
        processes.end(master, grace, signal.SIGINT)
        processes.end(left, 0.5)
        processes.end(processes.owned_by(self.folder), 0.5)

    def _place(self) -> Path:
        """The folder itself, or one in /var/tmp if the server's account cannot get there (below /root, say)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._account is None or _may_enter(self.folder, self._account):
            return self.folder
        place = elsewhere.remembered_place(self.folder)
        say(f"{self._account} cannot enter {self.folder}: PostgreSQL's data is in {place}")
        return place

    def _hand_over(self, path: Path) -> None:
        if self._account is not None:
            shutil.chown(path, self._account)

    def _remembered(self, name: str, fresh: Callable[[], str]) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else self._keep(name, fresh())

    def _keep(self, name: str, value: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(value)
        return value


def _may_enter(folder: Path, user: str) -> bool:
    return subprocess.run(["test", "-x", folder], check=False, **as_user(user)).returncode == 0

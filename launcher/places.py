"""Where everything of one running suite lies: below .run/ of the checkout, so that clones do not meet."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Places:
    """The folders and files of a suite."""

    run: Path

    @classmethod
    def of_checkout(cls) -> "Places":
        """Those of this clone; ROCKPOOL_RUN names another folder, for tests that run beside a suite."""
        return cls(Path(os.environ.get("ROCKPOOL_RUN") or CHECKOUT / ".run").resolve())

    def prepare(self) -> None:
        """Make the folders; secrets and logs are the owner's only."""
        self.run.mkdir(parents=True, exist_ok=True, mode=0o755)
        for private in (self.secrets, self.logs, self.files):
            private.mkdir(exist_ok=True, mode=0o700)

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.run / "logs"

    @property
    def secrets(self) -> Path:
        """One file per generated secret."""
        return self.run / "secrets"

    @property
    def files(self) -> Path:
        """The blob store."""
        return self.run / "files"

    @property
    def access(self) -> Path:
        """Address and log-in of the suite, for people and programs."""
        return self.run / "access.json"

    @property
    def state(self) -> Path:
        """What runs, as the launcher saw it last."""
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the one launcher that runs."""
        return self.run / "lock"

    @property
    def ports(self) -> Path:
        """The ports that processes had the last time."""
        return self.run / "ports.json"

    def log_of(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read; readers see the old text or the new one, never half of it."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)

"""Secrets: generated once, kept one per file that only the owner may read, and handed to processes by file name."""

import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from launcher.places import write_private


class Secrets:
    """The folder of secrets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._making = threading.Lock()
        """Services are made ready side by side, and some of them share a secret."""

    def generated(self, name: str, length: int = 32) -> str:
        """The secret of this name, made up at the first call: `length` random bytes as url-safe base64."""
        return self._made_up(name, lambda: secrets.token_urlsafe(length))

    def generated_file(self, name: str, length: int = 32) -> str:
        """Path of the file with the secret of this name, likewise."""
        self.generated(name, length)
        return self.file(name)

    def keyring_file(self, name: str) -> str:
        """Path of a keyring of this name as the settings want it; at the first call one is made up with one key."""
        self._made_up(name, lambda: f"1:{secrets.token_urlsafe(32)}")
        return self.file(name)

    def _made_up(self, name: str, make: Callable[[], str]) -> str:
        file = self.folder / name
        with self._making:
            if not file.exists():
                write_private(file, make())
        return file.read_text(encoding="utf-8")

    def keep(self, name: str, value: str) -> None:
        """Store a secret that is derived from others, such as an address with a password in it."""
        write_private(self.folder / name, value)

    def file(self, name: str) -> str:
        """Path of the file with the secret."""
        return str(self.folder / name)

"""Settings: the environment, read once into one frozen object; what is missing is listed all at once."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from chassis.encryption.keyring import Keyring


class MissingSettings(SystemExit):
    """The process cannot start: names every setting that is absent or wrong."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("Settings are missing or wrong:\n  " + "\n  ".join(complaints))


def secret_bytes(value: str) -> bytes:
    """A secret of at least 32 bytes, written as url-safe base64 with or without padding."""
    try:
        secret = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not url-safe base64") from error
    if len(secret) < 32:
        raise ValueError("must hold at least 32 bytes")
    return secret


def database_url(value: str) -> str:
    """An address of a PostgreSQL database that is bound to psycopg2, the driver that eventlet can make green."""
    if not value.startswith("postgresql+psycopg2://"):
        raise ValueError("must start with postgresql+psycopg2://")
    return value


def seconds_list(value: str) -> tuple[float, ...]:
    """Seconds, separated by commas."""
    return tuple(float(part) for part in value.split(","))


def setting(default: Any = MISSING, *, read: Any = str, secret: bool = False) -> Any:
    """A field of a settings class: ``read`` turns the text of the environment into the value or raises ValueError."""
    return field(default=default, repr=not secret, metadata={"read": read})


class FromEnvironment:
    """A frozen dataclass whose fields are the lower-cased names of environment variables.

    ``NAME_FILE`` gives the path of a file that holds the value, as container secrets do.
    """

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read all fields; raises MissingSettings that lists every complaint."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        complaints: list[str] = []
        for item in fields(cls):  # type: ignore[arg-type]  # every subclass is a dataclass
            name = item.name.upper()
            try:
                text = _text_of(name, source)
                if text is not None:
                    values[item.name] = item.metadata.get("read", str)(text)
                elif item.default is MISSING:
                    complaints.append(f"{name} is not set")
            except (ValueError, OSError) as error:
                complaints.append(f"{name} {error}")
        if complaints:
            raise MissingSettings(complaints)
        return cls(**values)


def _text_of(name: str, source: Mapping[str, str]) -> str | None:
    if path := source.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return source.get(name) or None


@dataclass(frozen=True, kw_only=True)
class Settings(FromEnvironment):
    """What every service process needs; a service with more settings subclasses this."""

    database_url: str = setting(read=database_url, secret=True)
    amqp_url: str = setting(secret=True)
    blob_store: str = setting()
    secret_key: bytes = setting(read=secret_bytes, secret=True)
    encryption_keys: Keyring = setting(read=Keyring.read, secret=True)  # noqa: RUF009  # it answers a field
    """For what the service alone keeps; the first key seals, all of them open."""
    suite_keys: Keyring = setting(read=Keyring.read, secret=True)  # noqa: RUF009  # as above
    """For what services share, the same for all: events and files."""
    health_host: str = setting("127.0.0.1")
    health_port: int = setting(0, read=int)
    log_level: str = setting("INFO")
    max_workers: int = setting(10, read=int)
    event_retry_seconds: tuple[float, ...] = setting((5.0, 30.0, 120.0, 600.0), read=seconds_list)

"""What the gateway is told by its environment."""

from dataclasses import dataclass

from chassis.encryption.keyring import Keyring
from chassis.settings import FromEnvironment, setting


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests within so many seconds."""

    requests: int
    seconds: int


def quota(text: str) -> Quota | None:
    """A quota written as ``600/60`` (requests/seconds); ``off`` for none."""
    if text == "off":
        return None
    requests, _, seconds = text.partition("/")
    if not (requests.isdecimal() and seconds.isdecimal() and int(requests) and int(seconds)):
        raise ValueError("must be requests/seconds, such as 600/60, or off")
    return Quota(int(requests), int(seconds))


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


EACH_CALLER = Quota(6000, 60)
EACH_ADDRESS = Quota(600, 60)


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(FromEnvironment):
    """The settings of one gateway process."""

    amqp_url: str = setting(secret=True)
    blob_store: str = setting()
    suite_keys: Keyring = setting(read=Keyring.read, secret=True)  # noqa: RUF009  # it answers a field
    """For files, which services open."""
    gateway_host: str = setting("127.0.0.1")
    gateway_port: int = setting(8000, read=int)
    gateway_workers: int = setting(1, read=int)
    gateway_threads: int = setting(32, read=int)
    log_level: str = setting("INFO")
    rate_limit: Quota | None = setting(EACH_CALLER, read=quota)  # noqa: RUF009  # as above
    """For each logged-in caller."""
    rate_limit_anonymous: Quota | None = setting(EACH_ADDRESS, read=quota)  # noqa: RUF009  # as above
    """For each address that calls without logging in."""
    trusted_proxies: int = setting(0, read=int)
    """How many proxies in front add to X-Forwarded-For; 0 ignores that header."""
    cors_origins: tuple[str, ...] = setting((), read=names)
    """Other web origins whose pages may call the API; none by default."""
    identity_service: str = setting("auth")
    """The service whose ``published_keys`` sign access tokens."""
    live_clients: int = setting(1000, read=int)
    """How many listeners to live changes one process takes."""

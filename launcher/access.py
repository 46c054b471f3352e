"""Address and log-in of the running suite, for people and programs."""

import json
from collections.abc import Iterable
from typing import Any

from devservers.mail import MailCatcher
from launcher.kept import Kept
from launcher.places import Places, write_private
from launcher.secret_files import Secrets
from launcher.suite import ADMIN_EMAIL, Addresses


def write_access(
    places: Places, secrets: Secrets, addresses: Addresses, mail: MailCatcher, programs: Iterable[Kept]
) -> None:
    """Write .run/access.json."""
    access = {
        "url": addresses.gateway,
        "admin": {"email": ADMIN_EMAIL, "password": secrets.generated("admin_password", 12)},
        "smtp_sink": mail.http_url,
        "metrics": [f"{one.health}/metrics" for one in programs if one.health],
    }
    write_private(places.access, json.dumps(access, indent=2) + "\n")


def read_access(places: Places) -> dict[str, Any]:
    """What .run/access.json says."""
    return json.loads(places.access.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def welcome(places: Places, stop_with: str) -> str:
    """The lines that end a start."""
    access = read_access(places)
    return (
        f"\nRockpool is ready.\n"
        f"  Address   {access['url']}   (API: {access['url']}/docs)\n"
        f"  Log-in    {access['admin']['email']}   {access['admin']['password']}\n"
        f"  Mail      {access['smtp_sink']}   (what campaigns send ends here)\n"
        f"  All of it is in {places.access}; stop with {stop_with}.\n"
    )

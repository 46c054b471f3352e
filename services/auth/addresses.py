"""The form of e-mail addresses, and addresses made from names."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import count

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN_PATTERN = rf"(?:{LABEL}\.)+[A-Za-z]{{2,24}}"
EMAIL_PATTERN = rf"[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]{{0,62}}[A-Za-z0-9_])?@{DOMAIN_PATTERN}"
LONGEST = 254

NAMELESS = "user"
LONGEST_MADE = 56
"""Leaves room for a number within the 64 characters before the @."""

_email = re.compile(EMAIL_PATTERN)


def is_email(text: str) -> bool:
    """Whether it has the form of an address that we can write to."""
    return len(text) <= LONGEST and _email.fullmatch(text) is not None


def email_for(name: str, domain: str, taken: Callable[[str], bool]) -> str:
    """An address made from a name: ``anna.example@domain``, numbered if it is taken."""
    return next(email for email in _candidates(name, domain) if not taken(email))


def _candidates(name: str, domain: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = ".".join(re.findall("[a-z0-9]+", plain))[:LONGEST_MADE].strip(".") or NAMELESS
    yield f"{stem}@{domain}"
    yield from (f"{stem}{number}@{domain}" for number in count(2))

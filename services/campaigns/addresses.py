"""E-mail addresses in the one form in which they are compared: what counts as the same mailbox."""

import hashlib

from email_validator import EmailNotValidError, validate_email

LONGEST = 254
"""Characters of an address that can be used in SMTP (RFC 5321, 4.5.3.1.3)."""


def normalised(email: str | None) -> str | None:
    """The address in small letters with its domain in ASCII, or None if no mail can be sent to it.

    The part before the @ is folded too: what RFC 5321 allows to differ, no mail provider of note tells apart, and a
    person who has unsubscribed must not be written to in other letters.
    """
    if not email or len(email) > LONGEST:
        return None
    try:
        known = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    address = f"{known.local_part.casefold()}@{known.ascii_domain.lower()}"
    return address if len(address) <= LONGEST else None


def hash_of(address: str) -> bytes:
    """What remains of a normalised address when the address itself has to be erased."""
    return hashlib.sha256(address.encode()).digest()

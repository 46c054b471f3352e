"""E-mail addresses in the one form in which they are compared: what counts as the same mailbox."""

from email.utils import parseaddr

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


def address_part(mailbox: str) -> str:
    """The bare address of ``Name <address>``."""
    return parseaddr(mailbox)[1]


def domain_of(mailbox: str) -> str:
    """The domain of ``Name <address>``, in ASCII."""
    return str(normalised(address_part(mailbox))).rpartition("@")[2]


def wire_form(email: str) -> str:
    """The address as its owner writes it, with its domain in ASCII."""
    local = email.strip().rpartition("@")[0]
    return f"{local}@{str(normalised(email)).rpartition('@')[2]}"

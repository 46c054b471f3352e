"""What is left of a value that somebody may not read in full: enough to tell it from others, not enough to use it."""

STARS = "****"
FEW = "***"
LONG_NUMBER = 11
"""Characters of a telephone number of which a beginning may be shown beside the last four."""
LONGEST_BEGINNING = 6
DIALLED = frozenset("0123456789+-/.() ")


def phone(number: str) -> str:
    """``138****0005``; a short number loses more, and what is no number is gone altogether."""
    if not DIALLED.issuperset(number) or len(number) < 7:
        return STARS
    if len(number) < LONG_NUMBER:
        return STARS + number[-2:]
    return number[: min(len(number) - 8, LONGEST_BEGINNING)] + STARS + number[-4:]


def email(address: str) -> str:
    """``z***@example.com``."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}{FEW}@{domain}" if at else FEW


def text(words: str) -> str:
    """The first two characters of a longer text, none of a short one."""
    return words[:2] + FEW if len(words) > 6 else FEW

"""Which passwords are taken: long ones that are not among the first that anybody would guess (NIST SP 800-63B, 3.1.1).

There are no rules on kinds of characters: they make passwords worse. What counts is length, and that it is neither a
common password, nor one with a few characters around it, nor made of the person's own name.
"""

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from services.auth.errors import WeakPassword

FEWEST_OF_ONES_OWN = 8
"""Characters that must be left beside the words that everybody knows of a person."""
SHORTEST_WORD = 3
LONGEST_PIECE = 4
"""A piece up to this length, repeated, is as easily guessed as the piece."""
SUITE = ("rockpool", "潮池")
DECORATION = string.digits + string.punctuation + string.whitespace
ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
)
"""Ways along an alphabet or a keyboard."""


def require_good(password: str, *own: str, pointer: str) -> None:
    """Raises WeakPassword at ``pointer`` if it is easily guessed; ``own`` are the person's name and address."""
    if reason := why_not(password, own):
        raise WeakPassword.field(pointer, reason)


def why_not(password: str, own: Iterable[str] = ()) -> str | None:
    """Why this password is not taken, None if it is."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if _is_common(plain):
        return "This password is one of the first that are guessed."
    if _is_repeated(plain) or _is_a_row(plain):
        return "This password is a simple pattern."
    if len(_without(plain, own)) < FEWEST_OF_ONES_OWN:
        return "This password is made of your name or address, or of the name of this system."
    return None


def _is_common(plain: str) -> bool:
    joined = "".join(plain.split())
    return not _common_passwords().isdisjoint({plain, joined, plain.strip(DECORATION), joined.strip(DECORATION)})


def _is_repeated(plain: str) -> bool:
    """Whether it is one piece over and over: a few characters, or a common password."""
    length = (plain + plain).find(plain, 1)
    return length < len(plain) and (length <= LONGEST_PIECE or plain[:length] in _common_passwords())


def _is_a_row(plain: str) -> bool:
    """Whether it goes along the alphabet or the keyboard, forwards or backwards, without its decoration."""
    ways = [way for row in ROWS for way in (row + row, (row + row)[::-1])]
    return any(form in way for form in {plain, plain.strip(string.punctuation + string.whitespace)} for way in ways)


def _without(plain: str, own: Iterable[str]) -> str:
    """What is left without the words that are known of him, and without digits and punctuation at the ends."""
    words = {word for text in (*own, *SUITE) for word in re.findall(r"\w+", text.casefold())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST_WORD or not word.isascii():
            plain = plain.replace(word, "")
    return plain.strip(DECORATION)


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    """The 30,000 most common ones of leaked lists; loaded when the first password is chosen."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])

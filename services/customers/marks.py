"""Blind indexes of contact data: what finds a sealed address or number when it is asked for exactly.

Each record keeps the marks (``Vault.mark``) of its e-mail addresses, of its telephone numbers, and of the last four to
eight digits of the numbers. Equal values have equal marks; nothing else can be told from them without the key. What is
history, and a fax, has a mark that only finds it: it makes nobody the same as somebody else.
"""

import re
from collections.abc import Iterable

from chassis.encryption.vault import Vault
from services.customers.phones import normal_phone

NO_DIGITS = re.compile(r"[^0-9]+")
SHORTEST_TAIL, LONGEST_TAIL = 4, 8
TAIL_PATTERN = rf"^[0-9]{{{SHORTEST_TAIL},{LONGEST_TAIL}}}$"
PHONE_PATTERN = r"^[^\x00-\x1f\x7f]*[0-9][^\x00-\x1f\x7f]*$"


def marks_of(vault: Vault, email: str | None, phone: str | None) -> list[bytes]:
    """The marks of a record with this contact data."""
    marks = [vault.mark("email", email.lower())] if email else []
    digits = digits_of(phone)
    if digits:
        marks.append(vault.mark("phone", digits))
        lengths = range(SHORTEST_TAIL, min(LONGEST_TAIL, len(digits)) + 1)
        marks += [vault.mark("tail", digits[-length:]) for length in lengths]
    return marks


def beside_of(vault: Vault, emails: Iterable[str], phones: Iterable[str]) -> list[bytes]:
    """The marks of what finds a record and tells it apart from no other."""
    digits = (digits for phone in phones if (digits := digits_of(phone)))
    return [vault.mark("email beside", one.lower()) for one in emails] + [
        vault.mark("phone beside", one) for one in digits
    ]


def wanted(
    vault: Vault, *, email: str | None = None, phone: str | None = None, phone_tail: str | None = None
) -> list[bytes]:
    """The marks that a record must all have to be found."""
    marks = [vault.mark("email", email)] if email else []
    if phone:
        marks.append(vault.mark("phone", digits_of(normal_phone(phone, None))))
    if phone_tail:
        marks.append(vault.mark("tail", phone_tail))
    return marks


def digits_of(phone: str | None) -> str:
    """The digits of a number, without the zeros that an international one may be dialled with."""
    return NO_DIGITS.sub("", phone or "").removeprefix("00")

"""How alike two customers are, and which are worth comparing at all.

Two are compared if they share a block: a number, an address, a core of a name, or a part of one with the place. What
both have is compared and weighed; what one of them lacks counts neither for nor against. These are the weights that all
is measured with (`tests/services/customers/test_likeness.py` prints what they find).
"""

from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from services.customers.duplicates.cores import HAN, OTHER, core_of, distinctive, sound_of
from services.customers.marks import digits_of

WEIGHTS = {
    "name": (3.0, 3.0),
    "registration": (3.0, 3.0),
    "phone": (2.5, 1.0),
    "email": (2.0, 1.0),
    "address": (2.0, 2.0),
    "city": (1.0, 1.0),
}
"""What a feature weighs if it is alike, and if it is not: numbers and mail addresses change, registers hardly do."""
THRESHOLD = 0.52
"""From here on two customers are likely to be one."""
SOUND = 0.95
"""What the same sound is worth, written otherwise."""
OWN_PART = 0.75
"""How much of a Chinese name is decided by what is not the line of business."""
FREE_MAIL = frozenset(
    (
        *(
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "hotmail.com",
            "live.com",
            "yahoo.com",
            "icloud.com",
            "aol.com",
        ),
        *("qq.com", "163.com", "126.com", "sina.com", "sina.cn", "sohu.com", "foxmail.com", "139.com", "189.cn"),
        *("yeah.net", "aliyun.com", "gmx.de", "web.de", "t-online.de", "mail.ru", "proton.me", "protonmail.com"),
    )
)
"""Domains that say nothing about for whom somebody works."""


class Features(NamedTuple):
    """What two customers are compared by."""

    core: str
    own: str
    """What of the core is the customer's own, without the line of business."""
    sound: str
    registration: str
    phone: str
    email: str
    address: str
    city: str


def features_of(
    *,
    name: str,
    registration_number: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    address: str | None = None,
    city: str | None = None,
) -> Features:
    """The features of a customer with this data."""
    core = core_of(name)
    return Features(
        core=core,
        own=distinctive(core),
        sound=sound_of(core),
        registration=(registration_number or "").replace(" ", "").casefold(),
        phone=digits_of(phone),
        email=(email or "").casefold(),
        address=_words(address),
        city=_words(city),
    )


def blocks_of(one: Features) -> Iterator[str]:
    """The blocks that a customer is in, each once."""
    yield from dict.fromkeys(_blocks(one))


def likeness(one: Features, other: Features) -> float:
    """How alike they are: from 0 to 1."""
    total = reached = 0.0
    for name, value in _compared(one, other):
        alike, unlike = WEIGHTS[name]
        total += value * alike + (1 - value) * unlike
        reached += value * alike
    return reached / total if total else 0.0


def reasons(one: Features, other: Features) -> dict[str, float]:
    """How alike they are in each feature that both have."""
    return {name: round(value, 3) for name, value in _compared(one, other)}


def _compared(one: Features, other: Features) -> Iterator[tuple[str, float]]:
    if one.core and other.core:
        yield "name", _names(one, other)
    if one.registration and other.registration:
        yield "registration", _numbers(one.registration, other.registration)
    if one.phone and other.phone:
        yield "phone", _numbers(one.phone[-8:], other.phone[-8:])
    if one.email and other.email:
        yield "email", _mails(one.email, other.email)
    if one.address and other.address:
        yield "address", _addresses(one.address, other.address)
    if one.city and other.city:
        yield "city", fuzz.token_sort_ratio(one.city, other.city) / 100


def _names(one: Features, other: Features) -> float:
    written = fuzz.ratio(one.core, other.core) / 100
    if not (one.sound and other.sound):
        return written
    if one.sound == other.sound:
        return max(written, SOUND)
    own = fuzz.ratio(one.own, other.own) / 100
    return _sharp(OWN_PART * own + (1 - OWN_PART) * written)


def _addresses(one: str, other: str) -> float:
    """One may say more than the other; Chinese ones begin alike within a town."""
    if HAN.search(one) and HAN.search(other):
        shorter, longer = sorted((one, other), key=len)
        return 0.95 if longer.startswith(shorter) else _sharp(fuzz.ratio(one, other) / 100)
    return fuzz.token_sort_ratio(one, other) / 100


def _numbers(one: str, other: str) -> float:
    return _sharp(OSA.normalized_similarity(one, other))


def _sharp(value: float) -> float:
    """Half of the digits of a number, or of the characters of a Chinese name, are alike by chance."""
    return max(0.0, 2 * value - 1)


def _mails(one: str, other: str) -> float:
    if one == other:
        return 1.0
    (local, _, domain), (other_local, _, other_domain) = one.partition("@"), other.partition("@")
    if domain == other_domain:
        return 0.7 if domain not in FREE_MAIL else 0.8 * (OSA.normalized_similarity(local, other_local) > 0.8)
    return 0.0


def _blocks(one: Features) -> Iterator[str]:
    for kind in ("registration", "phone", "email", "address", "core", "sound"):
        if value := getattr(one, kind):
            yield f"{kind} {value}"
    domain = one.email.partition("@")[2]
    if domain and domain not in FREE_MAIL:
        yield f"domain {domain}"
    if HAN.search(one.core):
        yield f"own {one.own}"
        yield f"part {one.core[:2]} {one.address[:6]}"
        return
    words, places = one.core.split(), one.city.split()
    yield from (f"word {word} {one.city[:4]}" for word in words if one.city)
    yield from (f"word {word[:4]} {place}" for word in words for place in places if place.isdigit())
    yield from (f"word {word[:3]} {one.registration[:3]}" for word in words if one.registration)
    yield from (f"word {word[:3]} street {street}" for word in words for street in one.address.split()[:2])


def _words(text: str | None) -> str:
    return " ".join(OTHER.sub(" ", (text or "").casefold()).split())

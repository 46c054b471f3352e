"""Telephone numbers in the one form that the whole world understands."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from services.customers.dictionaries import region_of

INTERNATIONAL = re.compile(r"\+([1-9][0-9 -]{5,20}[0-9])")
CHINESE_MOBILE = re.compile(r"1(?:[3-689][0-9]|7[0-8])[0-9]{8}")
APART = str.maketrans("", "", " -")


class Plan(NamedTuple):
    """What there is to know of the numbers of a country that are written with its code."""

    prefix: re.Pattern[str]
    """What is dialled within the country before a number, and may be no part of it."""
    lengths: frozenset[int]


@lru_cache(maxsize=10_000)
def normal_phone(text: str | None, country: str | None) -> str | None:
    """The number as E.164 (+49…); a local one is read as in the country, and what is no number stays as it is."""
    if text is None:
        return None
    return _plain(text, country) or _parsed(text, country)


def _plain(text: str, country: str | None) -> str | None:
    """A number that says by itself what it is: the same as ``_parsed``, in a tenth of the time; None for others."""
    if country == "China" and CHINESE_MOBILE.fullmatch(text):
        return f"+86{text}"
    if not INTERNATIONAL.fullmatch(text):
        return None
    digits = text[1:].translate(APART)
    for length in (1, 2, 3):
        plan = _plan(digits[:length])
        if plan:
            national = digits[length:]
            fits = len(national) in plan.lengths and national[0] != "0" and not plan.prefix.match(national)
            return f"+{digits}" if fits else None
    return None


@cache
def _plan(code: str) -> Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    metadata = regions and PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    numbers = metadata and metadata.general_desc
    if not metadata or not numbers:
        return None
    lengths = frozenset((*numbers.possible_length, *numbers.possible_length_local_only))
    return Plan(re.compile(metadata.national_prefix_for_parsing or r"(?!)"), lengths)


def _parsed(text: str, country: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region_of(country))
    except phonenumbers.NumberParseException:
        return text
    if number.extension or not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

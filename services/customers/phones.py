"""Telephone numbers in the one form that the whole world understands."""

from functools import lru_cache

import phonenumbers

from services.customers.dictionaries import region_of


@lru_cache(maxsize=10_000)
def normal_phone(text: str | None, country: str | None) -> str | None:
    """The number as E.164 (+49…); a local one is read as in the country, and what is no number stays as it is."""
    if text is None:
        return None
    try:
        number = phonenumbers.parse(text, region_of(country))
    except phonenumbers.NumberParseException:
        return text
    if number.extension or not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

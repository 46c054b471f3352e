"""What a telephone number tells by itself: where it belongs, whose network gave it out, and what kind of line it is."""

from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType, carrier

LINES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


class Line(NamedTuple):
    """What is known of a number; null where the plan of its country does not tell."""

    region: str | None = None
    carrier: str | None = None
    line: str | None = None


def line_of(value: str) -> Line:
    """What an E.164 number tells. A carrier is the one that the number was given out to; it may have moved since."""
    number = _parsed(value)
    if number is None:
        return Line()
    name = carrier.name_for_number(number, "en") or None
    return Line(phonenumbers.region_code_for_number(number), name, LINES.get(phonenumbers.number_type(number)))


def _parsed(value: str) -> Any:
    try:
        return phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return None

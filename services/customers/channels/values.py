"""What the channels of each kind look like, and in which one form they are kept."""

import re

from services.customers.channel_book import MAIL, NUMBERS, WEBSITE
from services.customers.channels.errors import UnsuitableValue
from services.customers.fields import EMAIL_PATTERN, WEBSITE_PATTERN
from services.customers.phones import normal_phone

LONGEST = {MAIL: 254, WEBSITE: 300}
LONGEST_OTHER = 100
NUMBER = re.compile(r"\+[0-9]{7,15}")
FORMS = {MAIL: re.compile(EMAIL_PATTERN), WEBSITE: re.compile(WEBSITE_PATTERN)}


def normal(kind: str, value: str, country: str | None) -> str:
    """The value as it is kept: numbers as E.164, mail addresses in lower case. Raises UnsuitableValue."""
    if kind in NUMBERS:
        value = normal_phone(value, country) or value
        if not NUMBER.fullmatch(value):
            raise UnsuitableValue.field(
                "/value", "Not a telephone number of the country; give it with the country's code (+…)."
            )
        return value
    form = FORMS.get(kind)
    if len(value) > LONGEST.get(kind, LONGEST_OTHER) or (form and not form.fullmatch(value)):
        raise UnsuitableValue.field("/value", "Not of the form that is expected of this kind.")
    return value.lower() if kind == MAIL else value

"""What a standard can ask of a customer, and when what is there counts as valid.

A criterion is a field, ``custom.<key>``, or one of three that are no fields: ``contact`` (somebody can be reached by
telephone or mail), ``verified`` (somebody has confirmed the record) and ``contacted`` (we were in touch). The last two
only have an age.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from chassis.custom_fields import kinds
from chassis.custom_fields.defined import Definition
from chassis.identity.policy import CUSTOM_NAME
from services.customers.dictionaries import region_of
from services.customers.fields import EMAIL_PATTERN, WEBSITE_PATTERN
from services.customers.registration import normal_registration_number
from services.customers.tasks.seeing import CONTACT
from services.customers.terms.models import DICTIONARIES

VERIFIED, CONTACTED = AGES = ("verified", "contacted")
PLAIN = (
    *("sector", "country", "city", "address", "website", "phone", "email", "employees", "revenue"),
    *("established_year", "description", "tags", "registration_number", "industry", "size", "source", "grade"),
    *("contract_ends_at", "last_deal_at", "parent_id"),
)
NAMES = (*PLAIN, CONTACT, *AGES)
NAME_PATTERN = rf"^({'|'.join(NAMES)}|{CUSTOM_NAME.pattern})$"

FORM, CHECK, TERM, RULE = WHYS = ("form", "check", "term", "rule")
"""Why a value is not valid: it has not the form of such a value, its check character is wrong, the dictionary has no
such term (any more), or the rule of the custom field refuses it."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
EMAIL, WEBSITE = re.compile(EMAIL_PATTERN), re.compile(WEBSITE_PATTERN)
EMPTY: tuple[Any, ...] = (None, "", [], {})


def _registered(number: str) -> bool:
    try:
        return normal_registration_number(number) == number
    except ValueError:
        return False


FORMS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "phone": (E164.fullmatch, FORM),
    "email": (EMAIL.fullmatch, FORM),
    "website": (WEBSITE.fullmatch, FORM),
    "registration_number": (_registered, CHECK),
    "country": (region_of, TERM),
}


def flaw(name: str, value: Any, terms: frozenset[str], added: Mapping[str, Definition]) -> str | None:
    """Why a value that is there is not valid; None if it is."""
    if name in FORMS:
        holds, why = FORMS[name]
        return None if holds(value) else why
    if name in DICTIONARIES:
        return None if f"{name}:{value}" in terms else TERM
    one = added.get(name)
    return None if one is None or one.kind == kinds.FORMULA or _takes(one, value) else RULE


def _takes(one: Definition, value: Any) -> bool:
    try:
        kinds.load(one.kind, one.options, value)
    except ValidationError:
        return False
    return True

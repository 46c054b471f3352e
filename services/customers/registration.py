"""Numbers of companies in registers."""

import re
import unicodedata

from stdnum.cn import ric, uscc

CREDIT_CODE = re.compile(r"[159][1239]\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
"""The form of a Chinese unified social credit code (GB 32100-2015): authority, kind, region, organisation, check."""


def normal_registration_number(text: str) -> str:
    """The number in capitals with single spaces, a Chinese credit code without any.

    Raises ValueError for a credit code with a wrong check character, and for the number of a Chinese identity card:
    those are of people.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    compact = re.sub(r"[ -]", "", plain)
    if ric.is_valid(compact):
        raise ValueError("This is the number of an identity card.")
    if not CREDIT_CODE.fullmatch(compact):
        return plain
    if not uscc.is_valid(compact):
        raise ValueError("The check character of this unified social credit code is wrong.")
    return compact

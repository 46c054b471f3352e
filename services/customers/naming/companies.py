"""The core of a company's name: what is left without its legal form and the country in brackets."""

import re

CHINESE_FORMS = (
    *("股份有限责任公司", "股份有限公司", "有限责任公司", "有限公司", "集团公司", "股份公司", "总公司", "分公司"),
    *("公司", "有限合伙企业", "有限合伙", "普通合伙", "集团", "股份", "控股", "株式会社", "有限会社", "주식회사"),
)
JAPANESE_AND_KOREAN = ("株式会社", "有限会社", "주식회사")
"""Those that may also stand in front."""
ENDS, STARTS = frozenset(form[-1] for form in CHINESE_FORMS), frozenset(form[0] for form in JAPANESE_AND_KOREAN)
LATIN_FORMS = frozenset(
    (
        *("ltd", "limited", "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp", "lp", "plc"),
        *("gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "ug", "se", "sa", "sarl", "sas", "srl", "spa", "bv", "nv", "ab"),
        *("as", "oy", "oyj", "aps", "kk", "pte", "pty", "sdn", "bhd", "sl", "slu", "sro", "doo", "kft", "tbk"),
    )
)
BRACKETS = re.compile(r"[(\[【〔《「][^)\]】〕》」]*[)\]】〕》」]")


def without_brackets(text: str) -> str:
    """The text without what stands in brackets, unless that is all there is."""
    return BRACKETS.sub(" ", text).strip() or text


def core_of_run(characters: str) -> str:
    """A run of Chinese characters without the legal forms at its end (or at its beginning, as in Japan)."""
    shorter = _shorter(characters)
    while shorter != characters:
        characters, shorter = shorter, _shorter(shorter)
    return characters


def core_of_words(words: list[str]) -> list[str]:
    """Words without the legal forms at their end; one word stays."""
    last = len(words)
    while last > 1 and words[last - 1] in LATIN_FORMS:
        last -= 1
    return words[:last]


def _shorter(characters: str) -> str:
    if characters[-1] not in ENDS and characters[0] not in STARTS:
        return characters
    for form in CHINESE_FORMS:
        if characters.endswith(form) and len(characters) > len(form) + 1:
            return characters.removesuffix(form)
        if characters.startswith(form) and form in JAPANESE_AND_KOREAN:
            return characters.removeprefix(form) or characters
    return characters

"""Chinese as it is typed: simplified, and spelled in pinyin, with the readings that names have."""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import combinations, zip_longest

from services.customers.naming.polyphones import READINGS, SURNAMES

MAX_SPELLINGS = 6
LENGTHS = (4, 3, 2)
"""Of phrases; longer ones are no parts of names."""
CHINESE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
"""What is written without spaces between words, as a class of a pattern: Chinese characters, kana and hangul."""
IS_CHINESE = re.compile(f"[{CHINESE}]")
NO_SYLLABLES = {"m", "n", "ng", "hm", "hng", "ê"}

Spelling = tuple[str, ...]


def is_chinese(run: str) -> bool:
    """Whether it begins with what is written without spaces between words."""
    return IS_CHINESE.match(run) is not None


def simplified(text: str) -> str:
    """The text with simplified characters in the place of traditional ones."""
    return _converter().convert(text) if not text.isascii() else text


def spellings(characters: str) -> list[Spelling]:
    """The ways in which a run of characters may be spelled, the likeliest first; what has no reading is left out."""
    choices = _readings(characters)
    base = tuple(readings[0] for readings in choices)
    others = [(place, one) for place, readings in enumerate(choices) for one in readings[1:]]
    ways = [base, *(_with(base, one) for one in others), *(_with(base, *two) for two in combinations(others, 2))]
    return list(dict.fromkeys(ways))[:MAX_SPELLINGS] if base else []


def folded(letters: str) -> str:
    """Pinyin without what is often confused: zh and z, ch and c, sh and s, -ng and -n, lü and lu."""
    letters = letters.replace("v", "u").replace("lyu", "lu").replace("nyu", "nu")
    return letters.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")


@cache
def syllables() -> frozenset[str]:
    """Every syllable of pinyin."""
    common = (code for code in _characters() if _is_common(chr(code)))
    found = {reading for code in common for reading in _readings_of(chr(code))} - NO_SYLLABLES
    return frozenset(found | {one.replace("v", "u") for one in found})


def _with(base: Spelling, *changes: tuple[int, str]) -> Spelling:
    changed = dict(changes)
    return tuple(changed.get(place, one) for place, one in enumerate(base))


def _readings(characters: str) -> list[tuple[str, ...]]:
    """The readings of each character: first as a surname, then as in a phrase or by itself, then others in names."""
    found = _in_phrases(characters)
    surname = next((characters[:length] for length in (2, 1) if characters[:length] in SURNAMES), "")
    for place, reading in enumerate(SURNAMES.get(surname, ())):
        found[place] = tuple(dict.fromkeys((reading, *found[place])))
    return [choices for choices in found if choices]


def _in_phrases(characters: str) -> list[tuple[str, ...]]:
    """The readings of each character; first that of the longest phrase from the left, then others that names have."""
    phrases, found = _phrases(), []
    place = 0
    while place < len(characters):
        phrase = _phrase_at(place, characters)
        read = phrases.get(phrase) or _readings_of(phrase)[:1]
        found += [_choices(*pair) for pair in zip_longest(phrase, read)]
        place += len(phrase)
    return found


def _phrase_at(place: int, characters: str) -> str:
    """The longest phrase that begins there, else the character."""
    if characters[place : place + 2] in _phrase_beginnings():
        for length in LENGTHS:
            if (phrase := characters[place : place + length]) in _phrases():
                return phrase
    return characters[place]


@lru_cache(20_000)
def _choices(character: str, reading: str | None) -> tuple[str, ...]:
    """The readings that a character may have in a name, where it has this one by itself or in a phrase."""
    choices = (reading, *READINGS.get(character, ()))
    return tuple(dict.fromkeys(one for one in choices if one))


@lru_cache(20_000)
def _readings_of(character: str) -> tuple[str, ...]:
    listed = _characters().get(ord(character), "")
    return tuple(dict.fromkeys(_plain(one) for one in listed.split(",") if one))


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    """Phrases in which some character is read otherwise than by itself."""
    from pypinyin.phrases_dict import phrases_dict

    found = {}
    for phrase, readings in phrases_dict.items():
        if len(phrase) in LENGTHS:
            spelled = tuple(_plain(one[0]) for one in readings)
            if spelled != tuple(one for character in phrase for one in _readings_of(character)[:1]):
                found[phrase] = spelled
    return found


@cache
def _phrase_beginnings() -> frozenset[str]:
    """The first two characters of the phrases."""
    return frozenset(phrase[:2] for phrase in _phrases())


@cache
def _characters() -> dict[int, str]:
    """The readings of each character; loaded when the first Chinese name comes, because it takes half a second."""
    from pypinyin.pinyin_dict import pinyin_dict

    return dict(pinyin_dict)


@cache
def _converter():  # type: ignore[no-untyped-def]  # the library has no types
    from opencc import OpenCC

    return OpenCC("t2s")


def _plain(reading: str) -> str:
    """A reading without its tone; ü becomes v, as it is typed."""
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(one for one in letters if not unicodedata.combining(one))


def _is_common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True

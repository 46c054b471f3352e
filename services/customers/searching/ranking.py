"""How well a name fits what somebody typed."""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from services.customers.naming.chinese import Spelling, folded, is_chinese
from services.customers.naming.forms import Forms, forms_of, initials
from services.customers.searching.questions import joined_letters

NAME, PINYIN, INITIALS, SIMILAR = "name", "pinyin", "initials", "similar"
LEAST = 0.3
"""What fits less is no hit."""
SIMILAR_ENOUGH = 0.7
FOLDED = 0.04
"""What it costs that zh and z, -ng and -n … were confused."""


@dataclass(frozen=True, order=True)
class Fit:
    """How well, from 0 to 1, and by what."""

    score: float
    by: str


NO_FIT = Fit(0.0, SIMILAR)


@lru_cache(20_000)
def fit(typed: str, name: str) -> Fit:
    """How well the name fits."""
    asked, forms = forms_of(typed), forms_of(name)
    return max(_by_text(asked, forms), _by_letters(asked, forms))


def fit_or_similar(typed: str, name: str) -> Fit:
    """How well the name fits, or something like it would."""
    found = fit(typed, name)
    return found if found.score >= LEAST else _by_likeness(forms_of(typed), forms_of(name))


def _by_text(asked: Forms, forms: Forms) -> Fit:
    whole, name = asked.whole, forms.whole
    if asked.text == forms.text:
        return Fit(1.0, NAME)
    if not whole:
        return NO_FIT
    if whole == name:
        return Fit(0.97, NAME)
    share = min(1.0, len(whole) / max(len(name), 1)) * 0.05
    if name.startswith(whole):
        return Fit(0.90 + share, NAME)
    if all(_has(forms, run) for run in asked.core):
        return Fit((0.80 if whole in "".join(forms.runs) else 0.75) + share, NAME)
    return NO_FIT


def _has(forms: Forms, run: str) -> bool:
    if is_chinese(run):
        return any(run in other for other in forms.chinese)
    return any(word.startswith(run) for word in forms.runs)


def _by_letters(asked: Forms, forms: Forms) -> Fit:
    letters = joined_letters(asked)
    if not (letters.isascii() and letters.isalpha()) or all(is_chinese(run) for run in asked.core):
        return NO_FIT
    found = [NO_FIT, _by_initials(letters, forms.acronym)] if forms.acronym else [NO_FIT]
    for way in forms.spelled:
        found += [_by_pinyin(letters, way), _by_initials(letters, initials(way)), _by_later(letters, way)]
        found.append(_by_syllables([run for run in asked.core if not is_chinese(run)], way))
    return max(found)


def _by_pinyin(letters: str, way: Spelling) -> Fit:
    spelled = "".join(way)
    exact, alike = _beginning(letters, spelled, 0.72, 0.68), _beginning(folded(letters), folded(spelled), 0.72, 0.68)
    return Fit(exact or max(alike - FOLDED, 0.0), PINYIN)


def _by_initials(letters: str, those: str) -> Fit:
    return Fit(_beginning(letters, those, 0.70, 0.58) if len(letters) > 1 else 0.0, INITIALS)


def _by_later(letters: str, way: Spelling) -> Fit:
    """What begins at a later syllable."""
    found = NO_FIT
    for place in range(1, len(way)):
        rest = "".join(way[place:])
        if rest.startswith(letters):
            return Fit(0.62, PINYIN)
        if folded(rest).startswith(folded(letters)):
            found = Fit(0.62 - FOLDED, PINYIN)
        elif len(letters) > 1 and initials(way[place:]).startswith(letters):
            found = max(found, Fit(0.52, INITIALS))
    return found


def _by_syllables(runs: list[str], way: Spelling) -> Fit:
    """Each run begins some place of the name: the given name before the surname."""
    if len(runs) < 2:
        return NO_FIT
    places = ["".join(way[place:]) for place in range(len(way))]
    if all(any(folded(place).startswith(folded(run)) for place in places) for run in runs):
        return Fit(0.60, PINYIN)
    return NO_FIT


def _beginning(part: str, whole: str, same: float, begun: float) -> float:
    if part == whole:
        return same
    return begun + 0.03 * len(part) / len(whole) if whole.startswith(part) else 0.0


def _by_likeness(asked: Forms, forms: Forms) -> Fit:
    """Up to 0.5: the same sound in other characters, words with a letter or two wrong, most of the characters."""
    found = max((_likeness(asked, forms), _likeness_of_sound(asked, forms)))
    return Fit(found * 0.5, SIMILAR) if found >= SIMILAR_ENOUGH else NO_FIT


def _likeness(asked: Forms, forms: Forms) -> float:
    if not asked.whole or not forms.whole:
        return 0.0
    whole = OSA.normalized_similarity(asked.whole, forms.whole)
    in_part = fuzz.partial_ratio(asked.whole, forms.whole) / 100 * 0.95 if len(asked.whole) > 2 else 0.0
    words = [max((_alike(run, word) for word in forms.runs), default=0.0) for run in asked.core]
    return max(whole, in_part, sum(words) / len(words) * 0.98)


def _alike(run: str, word: str) -> float:
    return 1.0 if word.startswith(run) else OSA.normalized_similarity(run, word)


def _likeness_of_sound(asked: Forms, forms: Forms) -> float:
    letters = joined_letters(asked)
    if not letters.isascii():
        return 0.0
    spelled = ["".join(way) for way in forms.spelled]
    return max((_sounds(folded(letters), folded(one)) for one in spelled), default=0.0)


def _sounds(letters: str, spelled: str) -> float:
    whole = OSA.normalized_similarity(letters, spelled)
    begun = OSA.normalized_similarity(letters, spelled[: len(letters)]) * 0.95
    return max(whole, begun, fuzz.partial_ratio(letters, spelled) / 100 * 0.9 if len(letters) > 4 else 0.0)

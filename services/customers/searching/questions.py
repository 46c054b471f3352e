"""What somebody types, as tsqueries for the search index: from what is surely meant to what may be meant."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import NamedTuple

from services.customers.naming.chinese import folded, is_chinese, syllables
from services.customers.naming.forms import Forms, forms_of
from services.customers.naming.tokens import LONGEST, chinese_tokens, pinyin_token, quoted

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST_TYPO = 4
"""Shorter words are other words with one letter changed."""
SHORTEST_BEGINNING = 5
"""The first two thirds of a word are enough, if they are as long as this."""
SHORTEST_SPELLING = 5
MOST_SPELLINGS = 40
BATCH = 60
WINDOW = 4
"""So many characters in a row are enough of a longer name."""


class Alternative(NamedTuple):
    """A tsquery for the index, and one that what it finds must meet, too: asked of the index it would take long."""

    tokens: str
    others: str = ""


def stages_of(text: str) -> Iterable[list[Alternative]]:
    """Alternatives in turn: names that are just this, begin with it, have it, are like it, have a word of it."""
    forms = forms_of(text)
    yield _alternatives([_any(_beginnings(forms, exact=True))])
    yield _alternatives([_any(_beginnings(forms, exact=False))])
    yield _alternatives([_all(_anywhere(run, len(forms.core)) for run in forms.core)])
    longest, second = _two_longest(forms)
    yield [*_like(forms, longest), *_alternatives([_any(_homophones(forms))])]
    yield _like(forms, second)
    long_enough = (run for run in forms.core if len(run) >= SHORTEST_TYPO and len(forms.core) > 1)
    yield _alternatives(_anywhere(run, 2) for run in long_enough)


def joined_letters(forms: Forms) -> str:
    """What was typed as letters without spaces, Chinese characters among them in pinyin; empty if it has none."""
    return "".join(forms.spelled[0]) if forms.spelled else forms.whole


def _beginnings(forms: Forms, *, exact: bool) -> list[str]:
    letters = joined_letters(forms)
    tokens = [f"{'C' if forms.chinese else 'W'}{forms.whole}"]
    if letters.isascii() and letters.isalpha() and not all(is_chinese(run) for run in forms.core):
        tokens += [f"I{letters}", pinyin_token("P", letters)]
    return [_asked(token, exact=exact) for token in tokens if exact or len(token) > 2]


def _anywhere(run: str, among: int) -> str:
    """The names with this run, or with this beginning of a word, of pinyin or of initials, at any place."""
    if is_chinese(run):
        return _all(_pairs(run))
    if len(run) < 2:
        return _asked(f"w{run}", exact=True) if among == 1 else ""
    tokens = [f"w{run}", f"W{run}"]
    if run.isascii() and run.isalpha():
        tokens += [f"i{run}", f"I{run}", pinyin_token("p", run), pinyin_token("P", run)]
    return _any(_asked(token, exact=False) for token in tokens)


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [_asked(f"c{run}", exact=False)]
    return [_asked(token, exact=True) for token in chinese_tokens(run)[:-1]]


def _two_longest(forms: Forms) -> list[int | None]:
    """The places of the runs that are taken for misspelt, one at a time."""
    places = sorted(range(len(forms.core)), key=lambda place: -len(forms.core[place]))
    return [*places[:2], None, None][:2]


def _like(forms: Forms, place: int | None) -> list[Alternative]:
    """The names with something like the run at this place, and all others as they are."""
    if place is None:
        return []
    others = _all(_anywhere(run, 2) for other, run in enumerate(forms.core) if other != place)
    return [Alternative(_any(part), others) for part in _batched(_misspelt(forms.core[place]))]


def _batched(terms: list[str]) -> Iterable[list[str]]:
    """A few at a time: what the index spends on a query grows with the square of its terms."""
    return (terms[start : start + BATCH] for start in range(0, len(terms), BATCH))


def _misspelt(run: str) -> list[str]:
    """What is like this run."""
    if is_chinese(run):
        return [_all(pairs) for pairs in _in_part(run)]
    if not (run.isascii() and run.isalpha()) or len(run) < SHORTEST_TYPO:
        return []
    words = (_asked(f"w{one}", exact=True) for one in sorted(edits(run)))
    beginning = run[: max(SHORTEST_BEGINNING, len(run) * 2 // 3)]
    return [_anywhere(beginning, 2), *words, *_misspelt_pinyin(run)]


def _misspelt_pinyin(letters: str) -> list[str]:
    """Pinyin with one letter too many, missing, wrong or in the wrong place; only what are syllables then."""
    if len(letters) < SHORTEST_SPELLING:
        return []
    whole = _spelled()
    right = dict.fromkeys(folded(one) for one in sorted(edits(letters)) if whole.fullmatch(one))
    return [_asked(f"{kind}{one}"[:LONGEST], exact=False) for one in islice(right, MOST_SPELLINGS) for kind in "Pp"]


def _homophones(forms: Forms) -> list[str]:
    """Chinese typed with other characters of the same sound."""
    long_enough = [way for way in forms.spelled if len(way) > 1]
    return [_asked(pinyin_token(kind, "".join(way)), exact=False) for way in long_enough for kind in "Pp"]


def _in_part(run: str) -> list[list[str]]:
    """The pairs that are left when one character is wrong, and those of each few characters in a row."""
    left = [
        [pair for place, pair in enumerate(_pairs(run)) if wrong not in (place, place + 1)] for wrong in range(len(run))
    ]
    windows = [_pairs(run[place : place + WINDOW]) for place in range(len(run) - WINDOW + 1)]
    around = [[*_pairs(run[0]), *_pairs(run[2])]] if len(run) == 3 else []
    return [pairs for pairs in (*left, *windows, *around) if pairs]


def edits(word: str) -> set[str]:
    """The words with one letter less, more or changed, or with two swapped."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {head + tail[1:] for head, tail in splits if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    changed = {head + one + tail[1:] for head, tail in splits if tail for one in LETTERS}
    more = {head + one + tail for head, tail in splits for one in LETTERS}
    return less | swapped | changed | more


@cache
def _spelled() -> re.Pattern[str]:
    longest_first = sorted(syllables(), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(longest_first)})+")


def _asked(token: str, *, exact: bool) -> str:
    return quoted(token[:LONGEST]) + ("" if exact else ":*")


def _alternatives(parts: Iterable[str]) -> list[Alternative]:
    return [Alternative(part) for part in dict.fromkeys(parts) if part]


def _any(parts: Iterable[str]) -> str:
    return " | ".join(f"({part})" for part in dict.fromkeys(parts) if part)


def _all(parts: Iterable[str]) -> str:
    return " & ".join(f"({part})" for part in dict.fromkeys(parts) if part)

"""What the search index keeps of the names of a customer and of its contacts, as a tsvector.

A capital says that the token is the beginning of a name, a small letter that it may stand anywhere in it: ``C``, ``c``
Chinese, ``P``, ``p`` pinyin without what is often confused, ``I``, ``i`` initials, ``W``, ``w`` words. Tokens are asked
for by their beginnings, so each stands for all shorter things that somebody may type.
"""

from collections.abc import Iterable, Iterator

from services.customers.naming.chinese import Spelling, folded
from services.customers.naming.forms import Forms, forms_of, initials

LONGEST = 24
"""Of a token; what is typed beyond is compared when the hits are ranked."""
LATER_SYLLABLES = 10
"""From so many places within a name on it is found by pinyin and initials."""


def document_of(names: Iterable[str]) -> str:
    """The tokens of these names as a tsvector is written."""
    return " ".join({quoted(token) for name in names for token in tokens_of(name)})


def tokens_of(name: str) -> set[str]:
    """The tokens of one name."""
    forms = forms_of(name)
    later = {way[place:] for way in forms.spelled for place in range(1, min(len(way), LATER_SYLLABLES))}
    return {*_of_text(forms), *_of_beginnings(forms.spelled), *_of_later(later)}


def chinese_tokens(run: str) -> list[str]:
    """Each character of a run with the one behind it; the last one alone."""
    return [f"c{run[place : place + 2]}" for place in range(len(run))]


def pinyin_token(kind: str, letters: str) -> str:
    """A token of pinyin: ``P`` or ``p``."""
    return kind + folded(letters)[:LONGEST]


def quoted(token: str) -> str:
    """The token as tsvectors and tsqueries are written."""
    if "'" in token or "\\" in token:
        token = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{token}'"


def _of_text(forms: Forms) -> Iterator[str]:
    if forms.whole:
        yield f"{'C' if forms.chinese else 'W'}{forms.whole}"[:LONGEST]
    if forms.acronym:
        yield f"I{forms.acronym}"[:LONGEST]
    for word in forms.words:
        yield f"w{word}"[:LONGEST]
    for run in forms.chinese:
        yield from chinese_tokens(run)


def _of_beginnings(ways: Iterable[Spelling]) -> Iterator[str]:
    for way in ways:
        yield pinyin_token("P", "".join(way))
        yield f"I{initials(way)}"[:LONGEST]


def _of_later(ends: Iterable[Spelling]) -> Iterator[str]:
    """Of what is left of the ways from each later place on; many of them end alike."""
    for end in ends:
        yield pinyin_token("p", "".join(end))
        if len(end) > 1:
            yield f"i{initials(end)}"[:LONGEST]

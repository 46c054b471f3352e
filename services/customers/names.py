"""Names as they are compared, sorted and searched: independent of case, width and spacing, in any script."""

import unicodedata

LONGEST_KEY = 200
"""An index entry has at most 2.7 kB; a few characters grow when they are normalised."""

GRAM_LENGTH = 5


def key_of(text: str) -> str:
    """The text in the form in which two spellings of one name are equal (NFKC, case folded, single spaces)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())[:LONGEST_KEY]


def grams_of(key: str) -> str:
    """What the search index keeps of a name: for each place the five characters from there on, as a tsvector.

    The last ones are shorter, so that every substring is the beginning of some gram. Chinese needs no words for it.
    """
    grams = {key[place : place + GRAM_LENGTH] for place in range(len(key))}
    if "'" in key or "\\" in key:
        return " ".join(map(_quoted, grams))
    return "'" + "' '".join(grams) + "'" if grams else ""


def search_of(key: str) -> str:
    """A tsquery that holds for every name with this substring, and for few others.

    Up to four characters are looked up as beginnings of grams, more as grams side by side that must all be there.
    """
    last = len(key) - GRAM_LENGTH
    if last < 0:
        return f"{_quoted(key)}:*"
    return " & ".join({_quoted(key[place : place + GRAM_LENGTH]) for place in (*range(0, last, GRAM_LENGTH), last)})


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"

"""A name in the forms in which somebody may type it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from services.customers.names import key_of
from services.customers.naming.chinese import Spelling, is_chinese, simplified, spellings, syllables
from services.customers.naming.companies import core_of_run, core_of_words, without_brackets

JOINED = re.compile(r"(?<=\w)['’`.](?=\w)|(?<=\b\w)&(?=\w{1,2}\b)|(?<=\b\w\w)&(?=\w{1,2}\b)")
"""What stands within a word: O'Neill, S.A., AT&T."""
RUNS = re.compile(r"[^\W_]+")
NO_BRACKETS = dict.fromkeys(map(ord, "()[]【】〔〕《》「」 "))
MOST_WAYS = 8
LITTLE_WORDS = frozenset(
    ("and", "of", "the", "de", "du", "la", "le", "et", "und", "der", "die", "y", "e", "van", "von")
)
SHORTEST_ABBREVIATED = 3
LONGEST_INITIAL = 4
"""A latin word within a Chinese name is typed whole if it is as short as this: TCL."""


def plain(text: str) -> str:
    """The text as it is compared: simplified characters, small letters without accents."""
    key = key_of(text)
    if key.isascii():
        return key
    decomposed = unicodedata.normalize("NFD", simplified(key).replace("ø", "o").replace("ł", "l"))
    letters = (one for one in decomposed if unicodedata.category(one) != "Mn" or one in "\u3099\u309a")
    return unicodedata.normalize("NFC", "".join(letters))


def runs_of(text: str) -> list[str]:
    """The runs of Chinese characters and the words of other scripts in a plain text."""
    words = RUNS.findall(JOINED.sub("", text))
    if text.isascii():
        return words
    found: list[str] = []
    for run in words:
        begin = 0
        for place in range(1, len(run) + 1):
            if place == len(run) or is_chinese(run[place]) != is_chinese(run[begin]):
                found.append(run[begin:place])
                begin = place
    return found


@dataclass(frozen=True)
class Forms:
    """One name (or what is searched for), taken apart."""

    text: str
    """Plain."""

    @cached_property
    def runs(self) -> list[str]:
        """All runs and words."""
        return runs_of(self.text)

    @cached_property
    def core(self) -> list[str]:
        """The runs and words of the core of a company's name; a person's name is its own core."""
        outside = without_brackets(self.text)
        runs = self.runs if outside == self.text else runs_of(outside)
        return core_of_words([core_of_run(run) if is_chinese(run[0]) else run for run in runs]) or self.runs

    @cached_property
    def whole(self) -> str:
        """The core without spaces."""
        return "".join(self.core)

    @cached_property
    def words(self) -> list[str]:
        """The words that are not Chinese, without legal forms."""
        return core_of_words([run for run in self.runs if not is_chinese(run[0])])

    @cached_property
    def chinese(self) -> list[str]:
        """The runs of Chinese characters, without legal forms; also as one where brackets part them."""
        if self.text.isascii():
            return []
        runs = [run for run in (*self.runs, *self._around_brackets) if is_chinese(run[0])]
        return list(dict.fromkeys([*(core_of_run(run) for run in runs), *self._core_as_one]))

    @cached_property
    def spelled(self) -> list[Spelling]:
        """The core in pinyin, syllable by syllable, in a few ways; latin words within it as they are."""
        if not any(is_chinese(run[0]) for run in self.core):
            return []
        ways: list[Spelling] = [()]
        for run in self.core:
            more = spellings(run) if is_chinese(run[0]) else [(run,)]
            ways = [(*way, *one) for way in ways for one in more] or ways
        return [way for way in ways if way][:MOST_WAYS]

    @cached_property
    def acronym(self) -> str:
        """The first letters of the words of the core, if there are several and none is Chinese."""
        words = [word for word in self.core if word not in LITTLE_WORDS]
        if self.spelled or len(words) < 2:
            return ""
        return "".join(word if len(word) < SHORTEST_ABBREVIATED else word[0] for word in words)

    @property
    def _around_brackets(self) -> list[str]:
        """阿里巴巴（中国）网络 is also found as 阿里巴巴中国网络."""
        return runs_of(self.text.translate(NO_BRACKETS))

    @property
    def _core_as_one(self) -> list[str]:
        """And as 阿里巴巴网络."""
        return [self.whole] if len(self.core) > 1 and all(is_chinese(run[0]) for run in self.core) else []


def initials(spelling: Spelling) -> str:
    """The first letters of the syllables; short latin words whole."""
    return "".join(one if len(one) <= LONGEST_INITIAL and one not in syllables() else one[0] for one in spelling)


@lru_cache(10_000)
def forms_of(name: str) -> Forms:
    """The forms of a name, remembered: names come again, in searches as in imports."""
    return Forms(plain(name))

"""A name in the forms in which somebody may type it."""

import re
import unicodedata
from functools import lru_cache

from services.customers.names import key_of
from services.customers.naming.chinese import CHINESE, Spelling, is_chinese, simplified, spellings, syllables
from services.customers.naming.companies import core_of_run, core_of_words, without_brackets

JOINED = re.compile(r"(?<=\w)['’`.](?=\w)|(?<=\b\w)&(?=\w{1,2}\b)|(?<=\b\w\w)&(?=\w{1,2}\b)")
"""What stands within a word: O'Neill, S.A., AT&T."""
RUNS = re.compile(rf"(?:(?=[{CHINESE}])[^\W_])+|(?:(?![{CHINESE}])[^\W_])+")
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
    return RUNS.findall(JOINED.sub("", text))


class Forms:
    """One name (or what is searched for), taken apart."""

    def __init__(self, text: str) -> None:
        self.text = text
        """Plain."""
        self.runs = runs_of(text)
        """All runs and words."""
        self.core = self._core()
        """The runs and words of the core of a company's name; a person's name is its own core."""
        self.whole = "".join(self.core)
        """The core without spaces."""
        self.words = core_of_words([run for run in self.runs if not is_chinese(run)])
        """The words that are not Chinese, without legal forms."""
        self.chinese = [] if text.isascii() else self._chinese()
        """The runs of Chinese characters, without legal forms; also as one where brackets part them."""
        self.spelled = self._spelled() if self.chinese else []
        """The core in pinyin, syllable by syllable, in a few ways; latin words within it as they are."""
        self.acronym = "" if self.spelled else self._acronym()
        """The first letters of the words of the core, if there are several and none is Chinese."""

    def _core(self) -> list[str]:
        outside = without_brackets(self.text)
        runs = self.runs if outside == self.text else runs_of(outside)
        return core_of_words([core_of_run(run) if is_chinese(run) else run for run in runs]) or self.runs

    def _chinese(self) -> list[str]:
        """阿里巴巴（中国）网络 is also found as 阿里巴巴中国网络, and as 阿里巴巴网络."""
        closed = self.text.translate(NO_BRACKETS)
        runs = [*self.runs, *(runs_of(closed) if closed != self.text else ())]
        found = [core_of_run(run) for run in runs if is_chinese(run)]
        if len(self.core) > 1 and all(map(is_chinese, self.core)):
            found.append(self.whole)
        return list(dict.fromkeys(found))

    def _spelled(self) -> list[Spelling]:
        if not any(map(is_chinese, self.core)):
            return []
        ways: list[Spelling] = [()]
        for run in self.core:
            more = spellings(run) if is_chinese(run) else [(run,)]
            ways = [(*way, *one) for way in ways for one in more] or ways
        return [way for way in ways if way][:MOST_WAYS]

    def _acronym(self) -> str:
        words = [word for word in self.core if word not in LITTLE_WORDS]
        if len(words) < 2:
            return ""
        return "".join(word if len(word) < SHORTEST_ABBREVIATED else word[0] for word in words)


def initials(spelling: Spelling) -> str:
    """The first letters of the syllables; short latin words whole."""
    known = syllables()
    return "".join([one if len(one) <= LONGEST_INITIAL and one not in known else one[0] for one in spelling])


@lru_cache(10_000)
def forms_of(name: str) -> Forms:
    """The forms of a name, remembered: names come again, in searches as in imports."""
    return Forms(plain(name))

"""The words that sectors and countries are written in, and what somebody who wrote another word may have meant."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from phonenumbers.geodata.locale import LOCALE_DATA
from rapidfuzz import fuzz, process

from services.customers.names import key_of

NEAR = 82.0
"""How much alike (0 to 100, the ratio of the edit distance) two spellings are that may mean the same."""


class Dictionary:
    """Words in their proper spelling, with other names that mean the same."""

    def __init__(self, words: Iterable[str], aliases: Mapping[str, str]) -> None:
        proper = {key_of(word): word for word in words}
        self._known = {key_of(alias): word for alias, word in aliases.items()} | proper
        self._spellings = list(self._known)
        self.words = sorted(proper.values())
        self._word = lru_cache(maxsize=10_000)(lambda text: self._known.get(key_of(text)))
        self.suggestion = lru_cache(maxsize=10_000)(self._nearest)

    def normal(self, text: str) -> str:
        """The proper spelling of a word of the dictionary, any other text as it is."""
        return self._word(text) or text

    def knows(self, text: str) -> bool:
        """Whether this is a word of the dictionary or another name for one."""
        return self._word(text) is not None

    def _nearest(self, text: str) -> str | None:
        """The word that was most likely meant by one that is not known, None if none comes near."""
        best = process.extractOne(key_of(text), self._spellings, scorer=fuzz.ratio, score_cutoff=NEAR)
        return None if best is None else self._known[best[0]]


def _country_name(region: str, language: str) -> str | None:
    """A country's name in CLDR's data, where ``*de`` refers to the name in another language."""
    name, seen = LOCALE_DATA[region].get(language), {language}
    while name and name.startswith("*") and name[1:] not in seen:
        seen.add(name[1:])
        name = LOCALE_DATA[region].get(name[1:])
    return None if name is None or name.startswith("*") else name


_ENGLISH = {region: _country_name(region, "en") or region for region in LOCALE_DATA}
_CHINESE = {name: _ENGLISH[region] for region in LOCALE_DATA if (name := _country_name(region, "zh"))}
_REGIONS = {name: region for region, name in _ENGLISH.items()}

COUNTRIES = Dictionary(
    _ENGLISH.values(),
    {
        **_CHINESE,
        **{region: name for region, name in _ENGLISH.items() if region != "AN"},
        "America": "United States",
        "Czechia": "Czech Republic",
        "Eswatini": "Swaziland",
        "Great Britain": "United Kingdom",
        "Holland": "Netherlands",
        "Korea": "South Korea",
        "North Macedonia": "Macedonia",
        "People's Republic of China": "China",
        "PRC": "China",
        "Republic of Korea": "South Korea",
        "Russian Federation": "Russia",
        "Türkiye": "Turkey",
        "UK": "United Kingdom",
        "United States of America": "United States",
        "USA": "United States",
        "Viet Nam": "Vietnam",
        "中华人民共和国": "China",
    },
)

SECTORS = Dictionary(
    (
        "agriculture",
        "automotive",
        "construction",
        "education",
        "employment",
        "energy",
        "entertainment",
        "finance",
        "government",
        "hospitality",
        "insurance",
        "logistics",
        "manufacturing",
        "marketing",
        "media",
        "medical",
        "real estate",
        "retail",
        "services",
        "software",
        "technology",
        "telecommunications",
    ),
    {
        "health care": "medical",
        "healthcare": "medical",
        "tech": "technology",
        "telecom": "telecommunications",
        "transport": "logistics",
        "农业": "agriculture",
        "汽车": "automotive",
        "建筑": "construction",
        "教育": "education",
        "人力资源": "employment",
        "能源": "energy",
        "娱乐": "entertainment",
        "金融": "finance",
        "政府": "government",
        "酒店": "hospitality",
        "保险": "insurance",
        "物流": "logistics",
        "制造": "manufacturing",
        "制造业": "manufacturing",
        "市场营销": "marketing",
        "媒体": "media",
        "医疗": "medical",
        "房地产": "real estate",
        "零售": "retail",
        "服务": "services",
        "服务业": "services",
        "软件": "software",
        "科技": "technology",
        "技术": "technology",
        "通信": "telecommunications",
        "电信": "telecommunications",
    },
)


def region_of(country: str | None) -> str | None:
    """The two-letter code (ISO 3166) of a country in its proper spelling, None for any other text."""
    return _REGIONS.get(country) if country else None

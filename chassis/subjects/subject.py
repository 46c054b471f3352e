"""A person, as services recognise him: by ids, by addresses, and by words in what others wrote."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

SHORTEST_WORD = 3
"""Shorter names would be found in everything."""
ERASED = "[erased]"


@dataclass(frozen=True)
class Subject:
    """Whom an order is about."""

    ids: Mapping[str, list[str]]
    """What is his alone, by kind (``customer``, ``contact``, ``address``): such rows are wholly about him."""
    around: Mapping[str, list[str]] = field(default_factory=dict)
    """Of whom else there are rows that may mention him, by kind, such as the company that he works for."""
    words: list[str] = field(default_factory=list)
    """His names, addresses and numbers, as they were written."""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """The subject of an order."""
        return cls(values["ids"], values["around"], values["words"])

    def written(self) -> dict[str, Any]:
        """The subject as JSON types."""
        return asdict(self)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        long_enough = sorted({word for word in self.words if len(word) >= SHORTEST_WORD}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, long_enough)), re.IGNORECASE) if long_enough else None

    @cached_property
    def _bytes(self) -> re.Pattern[bytes] | None:
        ids = [one for kind in self.ids.values() for one in kind]
        known = {word for word in (*self.words, *ids) if len(word) >= SHORTEST_WORD}
        return re.compile(b"|".join(re.escape(w.encode()) for w in known), re.IGNORECASE) if known else None

    def is_in(self, content: bytes) -> bool:
        """Whether a document names him or one of his ids."""
        return bool(self._bytes and self._bytes.search(content))

    def without(self, value: Any) -> Any:
        """A text, list or JSON value without what names him: words are replaced, items of lists are left out."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(ERASED, value)
        if isinstance(value, list):
            return [one for one in value if not self.names_in(one)]
        if isinstance(value, dict):
            return {name: self.without(one) for name, one in value.items()}
        return value

    def names_in(self, value: Any) -> bool:
        """Whether a value names him."""
        if isinstance(value, dict):
            return any(map(self.names_in, value.values()))
        if isinstance(value, list):
            return any(map(self.names_in, value))
        return isinstance(value, str) and self._pattern is not None and bool(self._pattern.search(value))

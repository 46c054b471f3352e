"""A person, as services recognise him: by ids, by addresses, and by words in what others wrote."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Self

SHORTEST_WORD = 3
"""Shorter names would be found in everything."""
ERASED = "[erased]"
RECORD = "record"
"""The kind of ids of whatever is about him, in the service that is asked."""
UUIDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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

    def with_records(self, record_ids: Iterable[str]) -> Self:
        """The same with the ids of records that are about him."""
        return replace(self, ids={**self.ids, RECORD: list(record_ids)})

    @cached_property
    def _ids(self) -> frozenset[bytes]:
        return frozenset(one.encode() for kind in self.ids.values() for one in kind)

    def is_in(self, content: bytes) -> bool:
        """Whether a document names him or the id of a record that is about him."""
        if not self._ids.isdisjoint(UUIDS.findall(content)):
            return True
        return self._pattern is not None and bool(self._pattern.search(content.decode(errors="replace")))

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

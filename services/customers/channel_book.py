"""The channels of one record, as one value: what its fields say, and what is remembered beside them.

The fields ``phone``, ``email`` and ``website`` hold the primary values, and nothing else says what these are. The text
beside them (JSON, sealed) holds the other channels, and what is known of a primary one. Whatever writes a field alone
need not know of the text: an entry that was the primary one and is not what the field says any more is stale, and a
value of which the text says nothing is a channel that nobody has verified.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.customers.marks import digits_of

PHONE, MOBILE, MAIL, FAX, WEBSITE = "phone", "mobile", "mail", "fax", "website"
KINDS = (PHONE, MOBILE, MAIL, WEBSITE, FAX, "wechat", "whatsapp", "telegram", "line", "other")
NUMBERS = (PHONE, MOBILE, FAX)

FIELD_OF = {PHONE: "phone", MOBILE: "phone", MAIL: "email", WEBSITE: "website"}
"""The field that holds the primary one. The other kinds have none; of these each has a primary one of its own."""
FIELDS: Mapping[str, str] = {"phone": PHONE, "email": MAIL, "website": WEBSITE}

ORDER = {kind: FIELDS.get(FIELD_OF.get(kind, ""), kind) for kind in KINDS}
"""Which kind stands in for each in the order: a mobile number is listed among the numbers."""

STATES = UNVERIFIED, VERIFIED, STALE, BOUNCED = ("unverified", "verified", "stale", "bounced")
"""A stale value is history: it is nobody's primary one, and keeps nobody from having it."""


@dataclass(frozen=True)
class Channel:
    """A way to reach somebody. Times and ids are as JSON has them."""

    id: str
    kind: str
    value: str
    label: str | None = None
    primary: bool = False
    state: str = UNVERIFIED
    verified_at: str | None = None
    verified_by: str | None = None
    source: str | None = None
    since: str | None = None
    until: str | None = None
    """Since when it is stale, if that is known."""

    @property
    def is_current(self) -> bool:
        """Whether it is more than history."""
        return self.state != STALE

    @property
    def same(self) -> tuple[str, str]:
        """What two ways to write one channel have in common."""
        if self.kind in NUMBERS:
            return ("fax" if self.kind == FAX else "phone", digits_of(self.value) or self.value)
        return self.kind, self.value.lower() if self.kind == MAIL else self.value

    @property
    def says_nothing(self) -> bool:
        """Whether it follows from the field alone."""
        return replace(self, id="", kind="", value="") == Channel("", "", "", primary=True)


NAMES = frozenset(one.name for one in fields(Channel))
NEEDED = ("id", "kind", "value", "state")


class Book:
    """All channels of a record."""

    def __init__(self, record_id: UUID | None, values: Mapping[str, str | None], text: str | None) -> None:
        """``values``: those of ``FIELDS`` that the record has, with what stands in them."""
        self._record_id = record_id
        self.values = dict(values)
        self.channels = self._settled(_read(text))

    @property
    def text(self) -> str | None:
        """What is kept beside the fields."""
        kept = [asdict(one) for one in self.channels if not (self._field(one) and one.says_nothing)]
        return orjson.dumps([_short(one) for one in kept]).decode() if kept else None

    @property
    def current(self) -> list[Channel]:
        """Those that are more than history."""
        return [one for one in self.channels if one.is_current]

    @property
    def in_order(self) -> list[Channel]:
        """Numbers, then mail addresses, sites and the rest, of each the primary one first; history comes last."""
        return sorted(
            self.channels, key=lambda one: (not one.is_current, KINDS.index(ORDER[one.kind]), not one.primary)
        )

    def of(self, channel_id: UUID | str) -> Channel | None:
        """The one with this id."""
        return next((one for one in self.channels if one.id == str(channel_id)), None)

    def like(self, channel: Channel) -> Channel | None:
        """The one that is the same, however it is written."""
        return next((one for one in self.channels if one.same == channel.same), None)

    def primary(self, kind: str) -> Channel | None:
        """The primary one among those that share a field with this kind, or among those of the kind."""
        group = self._group(kind)
        return next((one for one in self.channels if one.primary and self._group(one.kind) == group), None)

    def put(self, channel: Channel) -> Channel:
        """Keep it as it is now, in the place of the one with its id, or as the last."""
        known = self.of(channel.id)
        was_primary = known is not None and known.primary
        wanted = channel.primary and channel.is_current
        channel = replace(channel, primary=wanted)
        self.channels = [channel if one is known else one for one in self.channels]
        if known is None:
            self.channels.append(channel)
        if wanted or (channel.is_current and self.primary(channel.kind) is None):
            self.promote(channel)
        elif was_primary:
            self._promote_next(channel.kind)
        return self.of(channel.id) or channel

    def remove(self, channel: Channel) -> None:
        """Forget it; the next one takes its place if it was the primary one."""
        self.channels.remove(channel)
        if channel.primary:
            self._promote_next(channel.kind)

    def promote(self, channel: Channel) -> None:
        """Make it the primary one; the one before stays, as one of the others."""
        group = self._group(channel.kind)
        for place, one in enumerate(self.channels):
            if self._group(one.kind) == group:
                self.channels[place] = replace(one, primary=one.id == channel.id)
        if group in self.values:
            self.values[group] = channel.value

    def _promote_next(self, kind: str) -> None:
        """The first of those that are left, verified ones before the others; none that bounced."""
        group = self._group(kind)
        fit = [one for one in self.current if self._group(one.kind) == group and one.state != BOUNCED]
        if group in self.values:
            self.values[group] = None
        if fit:
            self.promote(min(fit, key=lambda one: one.state != VERIFIED))

    def _settled(self, known: list[Channel]) -> list[Channel]:
        """What is known, as the fields have it."""
        settled = [self._against_field(one) for one in known]
        for name, value in reversed(self.values.items()):
            if value is None:
                continue
            implied = Channel(self._implied_id(name, settled), FIELDS[name], value, primary=True)
            said = next((one for one in settled if self._field(one) == name and one.same == implied.same), None)
            if said is None:
                settled.insert(0, implied)
            else:
                state = said.state if said.is_current else UNVERIFIED
                settled[settled.index(said)] = replace(said, value=value, primary=True, state=state)
        return settled

    def _against_field(self, one: Channel) -> Channel:
        if not (self._field(one) and one.primary):
            return one
        value = self.values[self._group(one.kind)]
        return one if value and replace(one, value=value).same == one.same else replace(one, primary=False, state=STALE)

    def _field(self, one: Channel) -> str | None:
        name = FIELD_OF.get(one.kind)
        return name if name in self.values else None

    def _group(self, kind: str) -> str:
        """The field that the kind shares, or the kind."""
        name = FIELD_OF.get(kind, kind)
        return name if name in self.values else kind

    def _implied_id(self, name: str, known: Iterable[Channel]) -> str:
        """The id of what stands in a field. It tells nothing of the value, which may be hidden from who sees it."""
        if self._record_id is None:
            return ""
        taken, number = {one.id for one in known}, 0
        while (found := str(uuid5(self._record_id, f"{name} {number}"))) in taken:
            number += 1
        return found


def merged(books: Iterable[Book], values: Mapping[str, str | None], record_id: UUID, most: int) -> Book:
    """The book of a record that takes in others, and whose fields have these values: each channel once."""
    found: dict[tuple[str, str], Channel] = {}
    for book in books:
        for one in book.channels:
            before = found.get(one.same)
            if before is None or (one.is_current and not before.is_current):
                found[one.same] = replace(one, primary=False)
    whole = Book(record_id, values, None)
    whole.channels = whole._settled(sorted(found.values(), key=lambda one: not one.is_current)[:most])
    for one in whole.current:
        if one.kind not in FIELD_OF and whole.primary(one.kind) is None:
            whole.promote(one)
    return whole


def _read(text: str | None) -> list[Channel]:
    """The entries; what an erasure has taken words out of may be none any more."""
    if not text:
        return []
    entries: list[dict[str, Any]] = orjson.loads(text)
    known = ({name: value for name, value in one.items() if name in NAMES} for one in entries)
    whole = (one for one in known if all(one.get(name) for name in NEEDED))
    return [Channel(**one) for one in whole if one["kind"] in KINDS and one["state"] in STATES]


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value}

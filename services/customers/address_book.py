"""The postal addresses of one record, as one value: what its fields say, and what stands beside them.

The primary address of a customer is what its fields ``address``, ``city`` and ``country`` say, and nothing else. The
text beside them (JSON, sealed) holds the other addresses, and the parts of the primary one for which the fields have no
room. Contacts have no such fields: of theirs the text says which
one is primary.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from uuid import UUID, uuid5

import orjson

FIELDS = ("address", "city", "country")
KINDS = REGISTERED, BILLING, SHIPPING, VISITING, OTHER = ("registered", "billing", "shipping", "visiting", "other")


@dataclass(frozen=True)
class Address:
    """Where somebody is found, gets goods or bills. Days and ids are as JSON has them."""

    id: str
    kind: str = OTHER
    lines: tuple[str, ...] = ()
    city: str | None = None
    province: str | None = None
    postcode: str | None = None
    country: str | None = None
    primary: bool = False
    since: str | None = None
    until: str | None = None
    """Its last day."""

    @property
    def text(self) -> str:
        """What the field ``address`` says of it."""
        return ", ".join(self.lines)

    @property
    def same(self) -> tuple[str, str, str]:
        """What two ways to write one address have in common."""
        return self.kind, self.text.casefold(), (self.city or "").casefold()

    @property
    def says_nothing(self) -> bool:
        """Whether it follows from the fields alone."""
        return self.kind == OTHER and not (self.province or self.postcode or self.since or self.until)


NAMES = frozenset(one.name for one in fields(Address))


class AddressBook:
    """All addresses of a record, the primary one first."""

    def __init__(self, record_id: UUID, values: Mapping[str, str | None], text: str | None) -> None:
        """``values``: those of ``FIELDS``; none of them for a contact."""
        self._record_id = record_id
        self.values = dict(values)
        self.addresses = self._settled(_read(text)) if self.values else _read(text)

    @property
    def text(self) -> str | None:
        """What is kept beside the fields."""
        kept = [one for one in self.addresses if not (self.values and one.primary and one.says_nothing)]
        entries = [{name: value for name, value in asdict(one).items() if value} for one in kept]
        return orjson.dumps(entries).decode() if entries else None

    @property
    def in_order(self) -> list[Address]:
        """The primary one, the others, and those that are past."""
        return sorted(self.addresses, key=lambda one: (not one.primary, one.until is not None, KINDS.index(one.kind)))

    def of(self, address_id: UUID | str) -> Address | None:
        """The one with this id."""
        return next((one for one in self.addresses if one.id == str(address_id)), None)

    def like(self, address: Address) -> Address | None:
        """Another one that is the same, however it is written."""
        return next((one for one in self.addresses if one.same == address.same and one.id != address.id), None)

    def put(self, address: Address) -> None:
        """Keep it as it is now, in the place of the one with its id, or as the last; the first one is primary."""
        known = self.of(address.id)
        if known is None:
            self.addresses.append(address)
        else:
            self.addresses[self.addresses.index(known)] = address
        if address.primary or not any(one.primary for one in self.addresses):
            self._promote(address)

    def remove(self, address: Address) -> None:
        """Forget it; without the primary one there is none until somebody says which it is."""
        self.addresses.remove(address)
        if address.primary and self.values:
            self.values["address"] = None

    def _promote(self, address: Address) -> None:
        self.addresses = [replace(one, primary=one.id == address.id) for one in self.addresses]
        if self.values:
            said = {"address": address.text, "city": address.city, "country": address.country}
            self.values |= {name: value for name, value in said.items() if value is not None}

    def _settled(self, known: list[Address]) -> list[Address]:
        """What is known, as the fields have it."""
        others = [replace(one, primary=False) for one in known]
        text = self.values["address"]
        if text is None:
            return others
        city, country = self.values["city"], self.values["country"]
        for place, one in enumerate(known):
            if one.primary and one.text == text:
                return [replace(one, city=city, country=country), *others[:place], *others[place + 1 :]]
        return [Address(self._implied_id(known), OTHER, (text,), city=city, country=country, primary=True), *others]

    def _implied_id(self, known: Iterable[Address]) -> str:
        """The id of what the fields say. It tells nothing of the address, which may be hidden from who sees it."""
        taken, number = {one.id for one in known}, 0
        while (found := str(uuid5(self._record_id, f"address {number}"))) in taken:
            number += 1
        return found


def merged(books: Iterable[AddressBook], values: Mapping[str, str | None], record_id: UUID, most: int) -> AddressBook:
    """The book of a record that takes in others, and whose fields have these values: each address once."""
    found: dict[tuple[str, str, str], Address] = {}
    for book in books:
        for one in book.addresses:
            found.setdefault(one.same, one)
    whole = AddressBook(record_id, values, None)
    whole.addresses = whole._settled(list(found.values())[:most])
    return whole


def _read(text: str | None) -> list[Address]:
    """The entries; what an erasure has taken words out of may be none any more."""
    entries = orjson.loads(text) if text else []
    known = ({name: value for name, value in one.items() if name in NAMES} for one in entries)
    whole = (one for one in known if one.get("id") and one.get("lines") and one.get("kind") in KINDS)
    return [Address(**{**one, "lines": tuple(one["lines"])}) for one in whole]

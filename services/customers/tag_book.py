"""Which tags a customer may be given: those of the dictionary, free ones if the house has them, one of a group."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import Invalid
from services.customers.tag_models import Tag, TagGroup, TagRules


class UnknownTag(Invalid):
    """Where the house allows no free tags, customers have those of its dictionary; closed ones are not given."""

    slug, title = "unknown-tag", "There is no such tag in the dictionary, or it is closed"


class OneOfAGroup(Invalid):
    """Of an exclusive group of tags a customer has one."""

    slug, title = "one-of-a-group", "A customer has one tag of this group at the most"


@dataclass(frozen=True)
class Entry:
    """What is known of a name."""

    active: bool
    replaced_by: str | None
    exclusive: UUID | None
    """The group of which a customer has no other."""


NOTHING = Entry(active=True, replaced_by=None, exclusive=None)
"""Of a free tag."""


class TagBook:
    """The dictionary as far as somebody has asked for it; for one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Entry | None] = {}
        self._free: bool | None = None

    def look(self, names: Iterable[str]) -> None:
        """Read what is known of these names, at once rather than one by one."""
        missing = set(names) - self._known.keys()
        if not missing:
            return
        columns = (Tag.name, Tag.active, Tag.replaced_by, Tag.group_id, TagGroup.exclusive)
        query = select(*columns).outerjoin(TagGroup, TagGroup.id == Tag.group_id).where(Tag.name.in_(missing))
        self._known |= dict.fromkeys(missing)
        for row in self._session.execute(query):
            self._known[row.name] = Entry(row.active, row.replaced_by, row.group_id if row.exclusive else None)
        self.look(one.replaced_by for name in missing if (one := self._known[name]) and one.replaced_by)

    def checked(self, given: Sequence[str], before: Collection[str] = (), *, pointer: str = "/tags") -> list[str]:
        """The tags that a customer will have if it is given these; raises UnknownTag and OneOfAGroup.

        What it had before it may keep, whatever the dictionary says by now.
        """
        self.look([*given, *before])
        tags = list(dict.fromkeys(tag if tag in before else self._present(tag) for tag in given))
        self._check_known([tag for tag in tags if tag not in before], pointer)
        for tag in tags:
            if tag not in before and (others := self._rivals(tag, tags)):
                raise OneOfAGroup.field(pointer, f"{tag} and {others[0]} are of one group.")
        return tags

    def added(self, before: Sequence[str], more: Iterable[str], fewer: Collection[str]) -> list[str]:
        """The tags of a customer that is given some more, which take the place of others of their group."""
        tags = [tag for tag in before if tag not in fewer]
        for tag in self.checked(list(more), pointer="/add_tags"):
            if tag not in tags and tag not in fewer:
                self.look(tags)
                rivals = self._rivals(tag, tags)
                tags = [*(one for one in tags if one not in rivals), tag]
        return tags

    def _present(self, tag: str) -> str:
        known = self._known[tag]
        return known.replaced_by if known and known.replaced_by else tag

    def _check_known(self, tags: list[str], pointer: str) -> None:
        for tag in tags:
            known = self._known[tag]
            if known is None and not self._has_free_ones():
                raise UnknownTag.field(pointer, f"{tag} is not in the dictionary.")
            if known and not known.active:
                raise UnknownTag.field(pointer, f"{tag} is closed.")

    def _rivals(self, tag: str, tags: Iterable[str]) -> list[str]:
        group = (self._known[tag] or NOTHING).exclusive
        others = (one for one in tags if one != tag) if group else ()
        return [one for one in others if (self._known[one] or NOTHING).exclusive == group]

    def _has_free_ones(self) -> bool:
        if self._free is None:
            self._free = self._session.scalars(select(TagRules.free)).one()
        return self._free

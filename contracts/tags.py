"""What is known of tags, and what customers tells of them."""

from dataclasses import dataclass
from typing import ClassVar

from chassis.events import Event
from chassis.identity.policy import NOBODY, Resource

TAGS = Resource(
    "tags",
    fixed=(*("id", "version", "name", "controlled", "colour", "description", "group_id", "active", "customers"),),
    internal=("replaced_by", "change_set_id", "created_at", "updated_at"),
    owner=NOBODY,
)
"""The dictionary of tags, and how many customers have each."""

TAG_GROUPS = Resource(
    "tag_groups",
    fixed=("id", "version", "name", "exclusive"),
    internal=("created_at", "updated_at"),
    owner=NOBODY,
    permissions="tags",
)
"""Tags that belong together; of an exclusive group a customer has one at the most."""

TAG_RULES = Resource(
    "tag_rules",
    fixed=("version", "free", "updated_at"),
    internal=("name", "created_at"),
    owner=NOBODY,
    permissions="tags",
)
"""Whether customers can have tags that are not in the dictionary."""


@dataclass(frozen=True, kw_only=True)
class TagsReplaced(Event):
    """Tags have become another one, in all customers; a job brings it to them."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "tag"

    tags: list[str]
    """What they were called."""
    into: str

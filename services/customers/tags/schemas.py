"""What goes into and comes out of the dictionary of tags."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from chassis.paging import PageRequest, page_of
from contracts.tags import TAG_GROUPS, TAG_RULES, TAGS
from services.customers.changesets.wording import LANGUAGES
from services.customers.fields import Flag, Instant, Line, Tags
from services.customers.tag_models import LONGEST

COLOUR_PATTERN = r"^#[0-9a-f]{6}$"
MOST_AT_ONCE = 100
SORTS = ("name", "-name", "customers", "-customers")


class OfTags(Schema):
    """A payload about tags."""

    class Meta:
        """Whose fields these are."""

        resource = TAGS


class OfGroups(Schema):
    """A payload about groups of tags."""

    class Meta:
        """Whose fields these are."""

        resource = TAG_GROUPS


class TagName(Line):
    """The name of a tag, in lower case and with single spaces."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST, metadata={"example": "key account"} | options.pop("metadata", {}), **options)

    def _normal(self, text: str) -> str:
        normal = " ".join(text.lower().split())
        if len(normal) > LONGEST:
            raise ValidationError(f"Longer than maximum length {LONGEST}.")
        return normal


def _colour(**options: Any) -> fields.String:
    said = {"pattern": COLOUR_PATTERN, "example": "#2f80ed"}
    return fields.String(allow_none=True, validate=validate.Regexp(COLOUR_PATTERN), metadata=said, **options)


def _about(**options: Any) -> Line:
    return Line(300, allow_none=True, metadata={"example": "Looked after by the management"}, **options)


def _group(**options: Any) -> fields.UUID:
    return fields.UUID(allow_none=True, metadata={"description": "Its group.", "example": None}, **options)


class TagSearch(OfTags, PageRequest):
    """Which tags, in which order."""

    q = TagName(load_default=None, metadata={"description": "A part of the name.", "example": "key"})
    group_id = fields.UUID(load_default=None, metadata={"description": "Only those of this group."})
    controlled = Flag(load_default=None, metadata={"description": "Only those of the dictionary, or only free ones."})
    sort = fields.String(
        load_default="name",
        validate=validate.OneOf(SORTS),
        metadata={"description": "A field, with - before it for descending.", "example": "-customers"},
    )


class NewTag(OfTags):
    """A tag to add to the dictionary."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    name = TagName(required=True)
    colour = _colour(load_default=None)
    description = _about(load_default=None)
    group_id = _group(load_default=None)
    active = Flag(load_default=True, metadata={"description": "Whether customers can be given it."})


class TagChange(OfTags):
    """What is to be different; fields that are not given stay as they are."""

    colour = _colour()
    description = _about()
    group_id = _group()
    active = Flag()


class TagView(OfTags):
    """A tag, and how many of the customers that you see have it."""

    id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null of a free one."})
    version = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "key account"})
    controlled = fields.Boolean(
        required=True, metadata={"description": "Whether it is in the dictionary.", "example": True}
    )
    colour = fields.String(required=True, allow_none=True, metadata={"example": "#2f80ed"})
    description = fields.String(required=True, allow_none=True, metadata={"example": "Looked after by the management"})
    group_id = fields.UUID(required=True, allow_none=True)
    active = fields.Boolean(required=True, metadata={"example": True})
    customers = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null if it was not counted.", "example": 12}
    )


TagPage = page_of(TagView)


def _language() -> fields.String:
    return fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the messages in the result file.", "example": "en"},
    )


def _several() -> fields.Field[Any]:
    return Tags(required=True, most=MOST_AT_ONCE, least=1)


class TagRenaming(Schema):
    """A tag that is to be called otherwise."""

    tag = TagName(required=True)
    into = TagName(required=True, metadata={"description": "Its new name.", "example": "strategic account"})
    language = _language()


class TagMerging(Schema):
    """Tags that are to become one."""

    tags = _several()
    into = TagName(required=True, metadata={"description": "What they are called then.", "example": "key account"})
    language = _language()


class TagRemoval(Schema):
    """Tags that no customer is to have."""

    tags = _several()
    language = _language()


class NewTagGroup(OfGroups):
    """A group to add."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    name = Line(60, required=True, metadata={"example": "Temperature"})
    exclusive = Flag(load_default=False, metadata={"description": "Whether a customer has one of them at the most."})


class TagGroupChange(OfGroups):
    """What is to be different; fields that are not given stay as they are."""

    name = Line(60, metadata={"example": "Temperature"})
    exclusive = Flag()


class TagGroupView(OfGroups):
    """Tags that belong together."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Temperature"})
    exclusive = fields.Boolean(required=True, metadata={"example": True})


TagGroupPage = page_of(TagGroupView)


class OfRules(Schema):
    """A payload about what the house allows."""

    class Meta:
        """Whose fields these are."""

        resource = TAG_RULES


class TagRulesChange(OfRules):
    """What is to hold from now on."""

    free = Flag(required=True, metadata={"description": "Whether customers can have tags beside the dictionary."})


class TagRulesView(OfRules):
    """What holds for tags."""

    version = fields.Integer(required=True, metadata={"example": 1})
    free = fields.Boolean(required=True, metadata={"example": True})
    updated_at = Instant(required=True)

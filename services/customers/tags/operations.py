"""The part of customers' table of contents that is about tags."""

from chassis.job_operations import JobStarted
from chassis.operations import operation, timer
from chassis.paging import PageRequest
from services.customers.errors import IdTaken
from services.customers.tag_book import UnknownTag
from services.customers.tags import counting, dictionary, replacing
from services.customers.tags import schemas as s
from services.customers.tags.dictionary import TagExists, TagGroupExists, UnknownTagGroup

READ, CREATE, CHANGE = "tags:read", "tags:create", replacing.CHANGE


class Tags:
    """The dictionary of tags, and what is done to a tag in all customers."""

    find_tags = operation("GET /tags", dictionary.find_tags, takes=s.TagSearch, gives=s.TagPage, needs=READ)
    add_tag = operation(
        "POST /tags",
        dictionary.add_tag,
        takes=s.NewTag,
        gives=s.TagView,
        needs=CREATE,
        status=201,
        errors=(IdTaken, TagExists, UnknownTagGroup),
    )
    change_tag = operation(
        "PATCH /tags/{tag_id}",
        dictionary.change_tag,
        takes=s.TagChange,
        gives=s.TagView,
        needs=CHANGE,
        guarded=True,
        errors=(UnknownTagGroup,),
    )
    rename_tag = operation(
        "POST /tags/rename",
        replacing.rename_tag,
        takes=s.TagRenaming,
        gives=JobStarted,
        needs=CHANGE,
        step_up=True,
        status=202,
        errors=(TagExists, UnknownTag),
    )
    merge_tags = operation(
        "POST /tags/merge",
        replacing.merge_tags,
        takes=s.TagMerging,
        gives=JobStarted,
        needs=CHANGE,
        step_up=True,
        status=202,
        errors=(UnknownTag,),
    )
    remove_tags = operation(
        "POST /tags/remove",
        replacing.remove_tags,
        takes=s.TagRemoval,
        gives=JobStarted,
        needs=CHANGE,
        step_up=True,
        status=202,
    )
    fold_tag_uses = timer(counting.fold)

    find_tag_groups = operation(
        "GET /tag-groups", dictionary.find_groups, takes=PageRequest, gives=s.TagGroupPage, needs=READ
    )
    add_tag_group = operation(
        "POST /tag-groups",
        dictionary.add_group,
        takes=s.NewTagGroup,
        gives=s.TagGroupView,
        needs=CREATE,
        status=201,
        errors=(IdTaken, TagGroupExists),
    )
    change_tag_group = operation(
        "PATCH /tag-groups/{group_id}",
        dictionary.change_group,
        takes=s.TagGroupChange,
        gives=s.TagGroupView,
        needs=CHANGE,
        guarded=True,
        errors=(TagGroupExists,),
    )
    get_tag_rules = operation("GET /tag-rules", dictionary.get_rules, gives=s.TagRulesView, needs=READ)
    change_tag_rules = operation(
        "PUT /tag-rules",
        dictionary.change_rules,
        takes=s.TagRulesChange,
        gives=s.TagRulesView,
        needs=CHANGE,
        guarded=True,
    )

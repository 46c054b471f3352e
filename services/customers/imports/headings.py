"""What people call the columns of fields: as the fields are named, and as forms and templates call them in English and
Chinese.
"""

from collections.abc import Collection, Iterable, Iterator

from chassis.custom_fields.defined import Definition, Definitions
from services.customers.changesets.wording import CHINESE
from services.customers.names import key_of

LABELS: dict[str, tuple[str, str]] = {
    "id": ("Customer id", "客户ID"),
    "name": ("Name", "客户名称"),
    "kind": ("Kind", "客户类型"),
    "sector": ("Sector", "行业领域"),
    "country": ("Country", "国家"),
    "city": ("City", "城市"),
    "address": ("Address", "地址"),
    "website": ("Website", "网站"),
    "phone": ("Phone", "电话"),
    "email": ("E-mail", "邮箱"),
    "employees": ("Employees", "员工人数"),
    "revenue": ("Revenue (million USD)", "年收入（百万美元）"),
    "established_year": ("Established year", "成立年份"),
    "description": ("Description", "描述"),
    "tags": ("Tags", "标签"),
    "parent_name": ("Parent company", "上级公司"),
    "registration_number": ("Registration number", "统一社会信用代码"),
    "industry": ("Industry", "行业"),
    "size": ("Size", "规模"),
    "source": ("Source", "客户来源"),
    "grade": ("Grade", "客户等级"),
    "lifecycle_stage": ("Lifecycle stage", "生命周期阶段"),
    "contract_ends_at": ("Contract ends at", "合同到期时间"),
    "last_deal_at": ("Last deal at", "最近成交时间"),
    "contact_name": ("Contact name", "联系人"),
    "contact_title": ("Contact title", "联系人职务"),
    "contact_email": ("Contact e-mail", "联系人邮箱"),
    "contact_phone": ("Contact phone", "联系人电话"),
    "external_id": ("External id", "外部ID"),
}
"""In English and in Chinese."""


def called_so(header: Collection[str], fields: Collection[str], custom: Definitions) -> dict[str, str]:
    """The column of each of the fields that has one of its names; its own name goes before its labels."""
    by_name: dict[str, str] = {}
    for heading in header:
        by_name.setdefault(normal(heading), heading)
    found: dict[str, str] = {}
    for names in (own_names(fields), labels(fields, custom)):
        for field, name in names:
            column = by_name.get(normal(name))
            if field not in found and column is not None and column not in found.values():
                found[field] = column
    return found


def own_names(fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each field with its name."""
    return ((field, field) for field in fields)


def labels(fields: Collection[str], custom: Definitions) -> Iterator[tuple[str, str]]:
    """Each field with what forms call it; of two that are called the same the first one is."""
    for field in fields:
        yield from ((field, label) for label in LABELS.get(field, ()))
    for one in custom.by_key.values():
        if one.name in fields:
            yield from ((one.name, label) for label in (one.label, one.label_zh) if label)


def normal(text: str) -> str:
    """A heading as it is compared."""
    return key_of(text).replace(" ", "_")


def label_of(field: str, language: str) -> str:
    """What a template calls a field that comes with the suite."""
    return LABELS[field][language == CHINESE]


def label_of_added(one: Definition, language: str) -> str:
    """What a template calls a field that the house has added."""
    return one.label_zh or one.label if language == CHINESE else one.label

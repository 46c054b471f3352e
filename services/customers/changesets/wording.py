"""What is said about rows, in the languages that result files are written in."""

from services.customers.changesets.ledger import Note

LANGUAGES = ENGLISH, CHINESE = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    "surplus-cells": ("The row has more cells than the header", "该行的单元格多于表头"),
    "duplicate-in-file": ("An earlier row is the same customer", "文件中前面已有同一客户"),
    "exists": ("There is such a customer", "客户已存在"),
    "customer-exists": (
        "Another customer has this telephone number, mail address or registration number",
        "其他客户已使用该电话、邮箱或注册号",
    ),
    "external-id-taken": ("Another customer has this id in the other system", "其他客户已使用该外部 ID"),
    "capacity-reached": ("{name} owns as many customers as can be", "{name} 的客户数量已达上限"),
    "custom-value-taken": ("Another customer has this value of {fields}", "其他客户已使用该 {fields} 的值"),
    "custom-value-taken-now": ("Another customer has just got one of these values", "其他客户刚刚使用了其中一个值"),
    "unknown": ("There is no such customer, and none is to be entered", "没有这样的客户，且本次导入不新建客户"),
    "no-such-id": ("There is no customer with this id", "没有该 ID 的客户"),
    "ambiguous": ("There are {count} such customers", "有 {count} 个这样的客户"),
    "may-not-change": ("You may not change this customer", "您无权修改该客户"),
    "may-not-write": ("You may not write {fields} of this customer", "您无权填写该客户的 {fields}"),
    "unchanged": ("The customer is like this already", "客户信息没有变化"),
    "too-many-contacts": ("The customer has room for no more contacts", "该客户的联系人已达上限"),
    "corrected": ("{field}: “{text}” was read as {meant}", "{field}：“{text}”已按“{meant}”读取"),
    "nearly-known": (
        "{field}: “{text}” is not in the dictionary; did you mean {meant}?",
        "{field}：字典中没有“{text}”，是否指“{meant}”？",
    ),
    "unknown-term": ("{field}: “{text}” is not in the dictionary", "{field}：字典中没有“{text}”"),
    "unknown-parent": ("There is no such parent company", "没有找到上级公司"),
    "ambiguous-parent": ("There are {count} customers of the parent company's name", "有 {count} 个客户与上级公司同名"),
    "parent-cycle": ("The parent company is the customer itself or below it", "上级公司是该客户自己或其下级"),
    "gone": ("The customer is not there any more", "客户已不存在"),
    "changed-since": ("The customer was changed since", "客户此后已被修改"),
    "in-use": ("Something hangs on the customer by now", "客户已被其他数据引用"),
    "unknown-owner": ("There is no active person with this id", "没有该 ID 的在职人员"),
}

COMPLAINTS = {
    "Missing data for required field.": "缺少必填内容。",
    "Not a valid integer.": "不是有效的整数。",
    "Not a valid string.": "不是有效的文本。",
    "Not a valid UUID.": "不是有效的 ID。",
    "Not of the form that is expected.": "格式不正确。",
    "Must not be blank.": "不能为空。",
    "Not a decimal number such as 12.50.": "不是如 12.50 这样的数字。",
    "Not a valid aware datetime.": "不是有效的日期时间。",
    "There is no such record.": "没有这样的记录。",
    "Not a day such as 2026-01-31.": "不是如 2026-01-31 这样的日期。",
    "Not a time with its zone, such as 2026-01-31T09:00:00Z.": "不是如 2026-01-31T09:00:00Z 这样带时区的时间。",
    "Not true or false.": "不是“是”或“否”。",
    "Not a list.": "不是列表。",
    "Not an address that begins with http:// or https://.": "不是以 http:// 或 https:// 开头的网址。",
    "Not an e-mail address.": "不是邮箱地址。",
    "Not a telephone number with its country, such as +49 40 123456.": "不是带国家码的电话号码，如 +8613800138000。",
}
"""What fields say of texts that they do not take; what is not listed is said in English."""


def note(language: str, code: str, *, says: str = "", warning: bool = False, **values: object) -> Note:
    """A note in words of this language; ``says`` names the wording if it is not called like the code."""
    text = WORDS[says or code][language == CHINESE]
    return Note(code, text.format(**values) if values else text, warning=warning)


def complaint(language: str, message: str) -> str:
    """What a field says of a text, in this language."""
    return COMPLAINTS.get(message, message) if language == CHINESE else message

"""What else people call the columns of fields: in exports of other systems, and in lists that were kept by hand."""

from itertools import chain

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("id", "customer id", "rockpool id", "客户编号"),
    "external_id": ("id", "record id", "account id", "customer number", "account number", "外部编号", "编号"),
    "name": (
        *("account", "account name", "company", "company name", "customer", "customer name", "organisation"),
        *("organization", "organisation name", "organization name", "firm", "business name", "client", "full name"),
        *("客户", "客户全称", "公司", "公司名称", "企业名称", "单位名称", "单位", "名称", "企业", "客户简称"),
    ),
    "kind": ("customer type", "account type", "类型", "客户类别"),
    "sector": ("line of business", "vertical", "业务领域", "所属领域"),
    "country": ("nation", "country/region", "region", "office location", "billing country", "国家/地区", "所在国家"),
    "city": ("town", "billing city", "location", "所在城市", "地区", "所在地"),
    "address": (
        *("street", "street address", "billing street", "address line 1", "postal address", "mailing address"),
        *("地址", "详细地址", "公司地址", "联系地址", "通讯地址", "注册地址", "办公地址"),
    ),
    "website": ("web site", "url", "homepage", "web", "domain", "web page", "网址", "官网", "公司网站", "主页"),
    "phone": (
        *("telephone", "tel", "tel.", "phone number", "phone no", "main phone", "company phone", "mobile", "cell"),
        *("mobile phone", "电话号码", "公司电话", "座机", "手机", "手机号", "手机号码", "联系电话", "固定电话"),
    ),
    "email": (
        *("mail", "e mail", "email address", "e-mail address", "company email", "main email"),
        *("电子邮箱", "邮件", "邮箱地址", "电子邮件", "公司邮箱"),
    ),
    "employees": (
        *("number of employees", "no. of employees", "employee count", "headcount", "staff", "company headcount"),
        *("员工数", "人数", "员工规模", "职工人数", "公司人数"),
    ),
    "revenue": ("annual revenue", "turnover", "yearly revenue", "年收入", "营业额", "年营业额", "营收"),
    "established_year": (
        *("year established", "founded", "founded in", "year founded", "foundation year", "成立时间", "创立年份"),
        *("注册年份", "成立年度"),
    ),
    "description": (
        *("notes", "note", "remarks", "remark", "comment", "comments", "about", "details"),
        *("备注", "说明", "简介", "公司简介", "客户描述"),
    ),
    "tags": ("tag", "labels", "label", "keywords", "categories", "标记", "客户标签", "关键词"),
    "parent_name": (
        *("parent", "parent account", "parent company name", "subsidiary of", "belongs to", "holding"),
        *("母公司", "上级客户", "上级单位", "所属集团", "集团"),
    ),
    "registration_number": (
        *("registration no", "company number", "company registration number", "commercial register", "hrb"),
        *("unified social credit code", "uscc", "vat", "vat number", "vat id", "tax id", "tax number"),
        *("信用代码", "社会信用代码", "税号", "纳税人识别号", "营业执照号", "注册号", "工商注册号"),
    ),
    "industry": ("industry code", "industry type", "所属行业", "行业分类", "行业类别"),
    "size": ("company size", "size class", "企业规模", "公司规模", "客户规模"),
    "source": ("lead source", "origin", "came from", "来源", "线索来源", "获客渠道", "来源渠道"),
    "grade": ("rating", "level", "customer level", "级别", "等级", "客户级别", "客户分级"),
    "lifecycle_stage": ("stage", "customer stage", "阶段", "客户阶段"),
    "contract_ends_at": ("contract end", "contract end date", "contract until", "合同到期日", "合同结束日期", "到期日"),
    "last_deal_at": ("last deal", "last order", "last purchase", "last order date", "最后成交日期", "最近下单时间"),
    "contact_name": (
        *("contact", "contact person", "primary contact", "main contact", "person"),
        *("联系人姓名", "主要联系人", "姓名", "负责人", "对接人"),
    ),
    "contact_title": ("job title", "position", "role", "title", "职务", "职位", "联系人职位", "岗位"),
    "contact_email": ("contact mail", "contact email address", "联系人邮件", "联系人电子邮箱"),
    "contact_phone": (
        "contact tel",
        "contact mobile",
        "contact telephone",
        "联系人手机",
        "联系人手机号",
        "手机(联系人)",
    ),
}

SYNONYMS = tuple(chain.from_iterable(((field, name) for name in names) for field, names in _SYNONYMS.items()))
"""Each field with each name."""

"""A believable company out of nothing: the same customers, interactions and tickets each time, and no real person.

Everything is drawn from short lists with a fixed seed, and has ids of its own, so that filling the suite a second time
adds nothing.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

DOMAIN = "rockpool.example"
SALES_TEAMS = {"east": "华东销售部 Sales East", "south": "华南销售部 Sales South"}
SERVICE_TEAM = "客户服务部 Customer Service"
CUSTOMERS = 2_000
IN_POOL = 500
INTERACTIONS = 20_000
TICKETS = 500
_ID_SPACE = uuid5(NAMESPACE_URL, "https://rockpool.example/demo")


@dataclass(frozen=True)
class Employee:
    """One of the twelve who work with the suite; called by role, not by a person's name."""

    login: str
    name: str
    team: str
    role: str

    @property
    def email(self) -> str:
        """What he logs in with."""
        return f"{self.login}@{DOMAIN}"


def employees() -> list[Employee]:
    """Two sales teams with a lead and three reps each; three service agents and a marketer."""
    staff = []
    for key, team in SALES_TEAMS.items():
        place = team[:2]
        staff.append(Employee(f"{key}.lead", f"{place}销售经理 {key.title()} Lead", team, "sales_manager"))
        staff += [
            Employee(f"{key}.rep{number}", f"{place}销售{number} {key.title()} Rep {number}", team, "sales_rep")
            for number in (1, 2, 3)
        ]
    staff += [Employee(f"agent{n}", f"客服{n} Agent {n}", SERVICE_TEAM, "service_agent") for n in (1, 2, 3)]
    return [*staff, Employee("marketer", "市场专员 Marketer", SERVICE_TEAM, "marketer")]


_PLACES = (
    *("蓝港 Blue Harbour", "青山 Green Hill", "金桥 Gold Bridge", "银河 Silver River", "东湖 East Lake"),
    *("南风 South Wind", "西岭 West Ridge", "北辰 North Star", "红枫 Red Maple", "白云 White Cloud"),
    *("长江 Long River", "高原 Highland", "海岸 Seaside", "天桥 Skyway", "石门 Stone Gate"),
    *("竹林 Bamboo Grove", "松谷 Pine Valley", "柳岸 Willow Bank", "晨光 Morning Light", "晚霞 Evening Glow"),
    *("飞鱼 Flying Fish", "海星 Sea Star", "珊瑚 Coral", "贝壳 Seashell", "浪花 White Wave"),
    *("潮汐 High Tide", "礁石 Reef", "灯塔 Lighthouse", "锚地 Anchorage", "白帆 White Sail"),
    *("铜山 Copper Hill", "铁岩 Iron Rock", "玉泉 Jade Spring", "琥珀 Amber", "水晶 Crystal"),
    *("春雨 Spring Rain", "夏日 Summer Sun", "秋实 Autumn Field", "冬雪 Winter Snow", "四季 Four Seasons"),
)
_TRADES = (
    *("软件 Software|software", "云科技 Cloud|software", "数据 Data|software", "智能 Robotics|technology"),
    *("电子 Electronics|technology", "半导体 Chips|technology", "医疗 Medical|medical", "制药 Pharma|medical"),
    *("仪器 Instruments|medical", "零售 Retail|retail", "百货 Stores|retail", "食品 Foods|retail"),
    *("物流 Logistics|logistics", "航运 Shipping|logistics", "快递 Express|logistics", "银行 Bank|finance"),
    *("投资 Capital|finance", "保险 Insurance|insurance", "机械 Machinery|manufacturing", "钢铁 Steel|manufacturing"),
    *("纺织 Textiles|manufacturing", "家具 Furniture|manufacturing", "化工 Chemicals|manufacturing"),
    *("汽车 Motors|automotive", "轮胎 Tyres|automotive", "建设 Building|construction", "水泥 Cement|construction"),
    *("置业 Estates|real estate", "电力 Power|energy", "太阳能 Solar|energy", "通信 Telecom|telecommunications"),
    *("网络 Networks|telecommunications", "传媒 Media|media", "影视 Films|entertainment", "酒店 Hotels|hospitality"),
    *("旅游 Travel|hospitality", "教育 Education|education", "出版 Books|education", "农业 Farms|agriculture"),
    *("茶业 Tea|agriculture", "广告 Advertising|marketing", "咨询 Consulting|services", "人力 Staffing|employment"),
    *("环保 Recycling|services", "安防 Security|services", "玩具 Toys|manufacturing", "乐器 Music|retail"),
    *("体育 Sports|entertainment", "船舶 Boats|manufacturing", "园林 Gardens|services"),
)
_CITIES = (
    *("Shanghai|China", "Hangzhou|China", "Suzhou|China", "Ningbo|China", "Shenzhen|China", "Guangzhou|China"),
    *(
        "Xiamen|China",
        "Chengdu|China",
        "Hong Kong|Hong Kong",
        "Singapore|Singapore",
        "Tokyo|Japan",
        "Seoul|South Korea",
    ),
    *("Hamburg|Germany", "Rotterdam|Netherlands", "London|United Kingdom", "Boston|United States", "Sydney|Australia"),
)
_TAGS = ("重点客户 key account", "新客户 new", "续约 renewal", "出口 export", "渠道 partner")
_CONTACTS = ("采购部 Purchasing|purchasing", "技术部 Engineering|engineering", "总经理办公室 Management|office")
COLUMNS = (
    *("name", "kind", "sector", "country", "city", "employees", "revenue", "established_year", "tags"),
    *("contact_name", "contact_email"),
)


def customer_rows() -> list[dict[str, Any]]:
    """The customers as rows of a CSV file, in a mixed order."""
    draw = random.Random(2_000)
    rows = [_customer(draw, place, trade) for place, trade in product(_PLACES, _TRADES)]
    draw.shuffle(rows)
    return rows[:CUSTOMERS]


def _customer(draw: random.Random, place: str, trade: str) -> dict[str, Any]:
    chinese_place, _, english_place = place.partition(" ")
    trade, _, sector = trade.partition("|")
    chinese_trade, _, english_trade = trade.partition(" ")
    city, _, country = draw.choice(_CITIES).partition("|")
    contact, _, mailbox = draw.choice(_CONTACTS).partition("|")
    host = f"{english_place}-{english_trade}".lower().replace(" ", "-")
    employees = int(draw.lognormvariate(5, 1.2)) + 3
    return {
        "name": f"{chinese_place}{chinese_trade}有限公司 {english_place} {english_trade} Ltd",
        "kind": "organisation",
        "sector": sector,
        "country": country,
        "city": city,
        "employees": employees,
        "revenue": f"{employees * draw.uniform(0.05, 0.4):.2f}",
        "established_year": draw.randint(1950, 2024),
        "tags": ";".join(draw.sample(_TAGS, draw.choice((0, 0, 1, 1, 2)))),
        "contact_name": contact,
        "contact_email": f"{mailbox}@{host}.example",
    }


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """The rows as a file to upload."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


_TALKS = (
    *(
        "询价 Asked for prices",
        "发送报价 Sent a quotation",
        "产品演示 Showed the product",
        "合同条款 Terms of contract",
    ),
    *("交货时间 Delivery date", "季度回访 Quarterly talk", "付款提醒 Reminded of payment", "新需求 New requirement"),
    *("技术问题 Technical question", "满意度回访 Asked how satisfied they are", "展会邀请 Invited to the fair"),
)
_OUTCOMES = ("有意向 Interested", "待定 To be decided", "已成交 Agreed", "无需求 No need at present", None)
_KINDS = ("call", "call", "call", "mail", "mail", "meeting", "message", "note")


def interactions(author: str, customer_ids: Sequence[str], count: int, end: datetime) -> Iterator[dict[str, Any]]:
    """What one person has done with these customers in the past year."""
    draw = random.Random(author)
    for number in range(count):
        kind = draw.choice(_KINDS)
        yield {
            "id": own_id("interaction", author, number),
            "customer_id": draw.choice(customer_ids),
            "kind": kind,
            "direction": None if kind == "note" else draw.choice(("in", "out", "out")),
            "subject": draw.choice(_TALKS),
            "outcome": draw.choice(_OUTCOMES),
            "duration_seconds": draw.randint(30, 3600) if kind in ("call", "meeting") else None,
            "happened_at": _moment(draw, end),
        }


_TROUBLES = (
    *("无法登录 Cannot log in", "发票抬头错误 Wrong name on the invoice", "设备异响 The machine hums"),
    *("货物破损 Goods arrived damaged", "需要培训 Needs a training", "退货申请 Wants to return goods"),
    *("交货延迟 Delivery is late", "报表数据不符 Figures in the report differ", "申请备件 Needs spare parts"),
)
_STATES = ("new", "open", "open", "waiting", "solved", "solved", "closed", "closed", "closed", "cancelled")
RESOLUTION = "已解决 Done; the customer agrees."


def tickets(customer_ids: Sequence[str], end: datetime) -> Iterator[dict[str, Any]]:
    """Requests and complaints of the past year, some of them still to be dealt with."""
    draw = random.Random(TICKETS)
    for number in range(TICKETS):
        state = draw.choice(_STATES)
        yield {
            "id": own_id("ticket", "", number),
            "customer_id": draw.choice(customer_ids),
            "kind": draw.choice(("service_request", "service_request", "complaint")),
            "subject": draw.choice(_TROUBLES),
            "priority": draw.choice(("low", "normal", "normal", "normal", "high", "urgent")),
            "channel": draw.choice(("phone", "mail", "web", "微信")),
            "state": state,
            "resolution": RESOLUTION if state in ("solved", "closed") else None,
            "created_at": _moment(draw, end),
        }


_LETTER = (
    "<p>{{ contact.name }}，您好！ Good day,</p>"
    "<p>{{ customer.name }}：我们有新的方案。 We have something new for you.</p>"
    '<p>{{ sender.name }}</p><p><a href="{{ unsubscribe_url }}">退订 Unsubscribe</a></p>'
)


@dataclass(frozen=True)
class Campaign:
    """A campaign, and what becomes of it: sent now, in some days, or still a draft."""

    name: str
    sector: str
    when: str

    @property
    def body(self) -> dict[str, Any]:
        """What it is created with."""
        return {
            "id": own_id("campaign", self.name, 0),
            "name": self.name,
            "audience": {"field": "sector", "op": "eq", "value": self.sector},
            "template": {"subject": "{{ customer.name }}: " + self.name, "html": _LETTER},
            "throttle_per_minute": 6000,
        }


CAMPAIGNS = (
    Campaign("春季软件发布 Spring release for software companies", "software", "now"),
    Campaign("零售伙伴计划 Partner programme for retail", "retail", "next week"),
    Campaign("医疗展会邀请 Invitation to the medical fair", "medical", "draft"),
)


def own_id(kind: str, whose: str, number: int) -> str:
    """The id of a demo record: the same each time."""
    made: UUID = uuid5(_ID_SPACE, f"{kind} {whose} {number}")
    return str(made)


def _moment(draw: random.Random, end: datetime) -> str:
    """A moment of the year before, more likely a late one."""
    ago = timedelta(days=365 * draw.random() ** 2, seconds=draw.randint(0, 86_400))
    return (end - ago).astimezone(UTC).isoformat()

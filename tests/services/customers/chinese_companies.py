"""Chinese companies, some of them entered again by somebody else: other forms, brackets, characters, numbers, gaps."""

import random
from collections.abc import Iterator
from typing import Any

PLACES = ("上海", "北京", "深圳", "广州", "杭州", "苏州", "成都", "武汉", "南京", "天津", "重庆", "青岛")
CHARACTERS = "明远达华瑞恒通信联科创星海天宏盛泰安康德润丰嘉禾金银鼎峰云龙凤鑫博雅正新世纪元亨利贞"
TRADES = ("科技", "贸易", "机械", "电子", "食品", "化工", "物流", "医疗器械", "建材", "纺织", "软件", "环保")
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
STREETS = ("人民路", "中山路", "解放路", "建设大道", "科技园路", "长江路", "黄河路", "文化街", "工业大道")
SOUNDS = {"明": "铭", "远": "苑", "华": "骅", "恒": "衡", "信": "鑫", "达": "答", "丰": "锋", "嘉": "佳", "德": "得"}
DIGITS = "0123456789"


def companies(count: int, seed: int = 7) -> Iterator[tuple[int, dict[str, Any]]]:
    """So many companies with their number; two in five stand there again, once or twice, otherwise written."""
    draw = random.Random(seed)
    for number in range(count):
        company = _company(draw, number)
        yield number, company
        for _ in range(draw.choice((0, 0, 0, 1, 2))):
            yield number, _again(draw, company)


def _company(draw: random.Random, number: int) -> dict[str, Any]:
    place, core = draw.choice(PLACES), "".join(draw.sample(CHARACTERS, draw.choice((2, 2, 3, 4))))
    return {
        "name": f"{place}{core}{draw.choice(TRADES)}{draw.choice(FORMS)}",
        "phone": f"+861{draw.choice('3578')}{_digits(draw, 9)}",
        "email": f"{draw.choice(('info', 'sales', 'office'))}@{'abcdefghij'[number % 10]}{number}.example.cn",
        "registration_number": f"91{_digits(draw, 15)}{draw.choice('ABCDEFGH')}" if draw.random() < 0.7 else None,
        "address": f"{place}市{draw.choice(STREETS)}{draw.randint(1, 999)}号{draw.randint(1, 30)}楼",
        "city": place,
    }


def _again(draw: random.Random, company: dict[str, Any]) -> dict[str, Any]:
    """The same company as somebody else would enter it: its name written in another way, and more or less about it."""
    again = dict(company, name=_name_again(draw, company["name"]))
    for name in ("registration_number", "address", "email", "city"):
        if draw.random() < 0.3:
            again[name] = None
    change = draw.random()
    if change < 0.3:
        again["phone"] = None
    elif change < 0.5:
        again["phone"] = f"+861{draw.choice('3578')}{_digits(draw, 9)}"
    elif change < 0.6:
        again["phone"] = _slip(draw, company["phone"])
    if again["address"] and draw.random() < 0.4:
        again["address"] = again["address"].partition("号")[0] + "号"
    if not any(again[name] for name in ("registration_number", "phone", "email", "address")):
        again["phone"] = company["phone"]
    return again


def _name_again(draw: random.Random, name: str) -> str:
    way = draw.randrange(6)
    if way == 0:
        return name.replace("有限公司", "").replace("有限责任公司", "") or name
    if way == 1:
        return f"{name[2:]}（{name[:2]}）"
    if way == 2:
        return "".join(SOUNDS.get(one, one) for one in name)
    if way == 3:
        return name.replace("股份有限公司", "有限公司").replace("集团有限公司", "有限公司")
    if way == 4:
        return name[2:]
    return f"{name[:2]} {name[2:]}"


def _slip(draw: random.Random, digits: str) -> str:
    place = draw.randrange(4, len(digits))
    return digits[:place] + draw.choice(DIGITS.replace(digits[place], "")) + digits[place + 1 :]


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice(DIGITS) for _ in range(count))

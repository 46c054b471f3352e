"""Search as a person thinks among many bilingual customers: by every way of typing, rare and frequent."""

import random
import statistics
import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.filled import Filled
from benchmarks.report import Measured

MOST_MS = 50.0
ROUNDS, WARM_UP = 8, 2

SURNAMES = "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶单"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲建国华红玉春梅志海燕飞鹏小晓东雪云龙天宇浩然子轩梓涵朗"
CITIES = ("北京", "上海", "广州市", "深圳", "杭州", "成都市", "重庆", "西安", "厦门", "青岛", "南京", "武汉")
CORES = "华天海星光明达源通宝盛泰恒信远东方云江山金银龙凤鑫瑞祥和安康长乐新科创联合大正中兴隆丰美佳德仁义"
TRADES = ("科技", "贸易", "机械", "物流", "文化传播", "网络技术", "食品", "电子", "资本管理", "保险", "饮品", "建材")
CHINESE_FORMS = ("有限公司", "股份有限公司", "有限责任公司", "集团有限公司", "（中国）有限公司")
BEGINNINGS = ("Al", "Ber", "Cor", "Dan", "El", "Far", "Gran", "Hol", "In", "Kes", "Lam", "Mon", "Nor", "Or", "Pal")
MIDDLES = ("ba", "ce", "do", "fi", "gu", "ha", "ki", "lo", "ma", "ne", "po", "ri", "so", "tu", "ve")
ENDS = ("dale", "field", "haven", "heim", "land", "mark", "ster", "ton", "tric", "via", "wick", "worth")
WORDS = ("Motors", "Foods", "Glass", "Labs", "Logistics", "Marine", "Media", "Paper", "Steel", "Tools", "Trading")
LATIN_FORMS = ("Ltd", "Inc.", "GmbH", "plc", "LLC", "S.A.", "AG", "Corporation")

KINDS = {
    "one of a million, whole": ("李明朗", "上海恒信远科技有限公司", "Kesbafield Motors Ltd"),
    "a part": ("恒信远", "Kesbaf", "明朗", "Dandohaven"),
    "pinyin": ("liminglang", "hengxinyuan", "li ming l", "shanghaihengxin"),
    "initials": ("lml", "hxy", "zxh", "shhxy"),
    "traditional": ("恆信遠", "張曉華", "單小紅"),
    "frequent": ("李", "li", "zhang", "科技", "motors", "上海", "zw", "k"),
    "typos": ("limnglang", "zhagnxiaohua", "Kesbafeild Motors", "Dandohvaen", "恒心远", "hegnxinyuan", "李明郎"),
    "several words": ("motors kesbafield", "ming li", "shanghai hengxin", "Granvetric glass inc"),
    "nothing": ("qqqqqqqq", "龘龘龘", "zzzz yyyy xxxx", "no such name anywhere"),
    "a number or an address": ("0042", "+49400000042", "info4242@example.com", "nobody@example.org"),
}


def measure(bench: Bench) -> Iterator[Measured]:
    """The p95 of each way, through the unit of work, as a manager who reaches his teams' customers and the pool."""
    filled = Filled(bench, bench.plan.many, bilingual)
    try:
        every: list[float] = []
        for kind, questions in KINDS.items():
            filled.log_in()
            times = _times(filled, "search", questions)
            every += times
            yield _figure(bench, f"search by {kind}", times)
        yield _figure(bench, "search, all ways together", every)
        typed = [
            word[:length] for word in ("liminglang", "恒信远科技", "kesbafield") for length in range(1, len(word) + 1)
        ]
        yield _figure(bench, "suggestions, letter by letter", _times(filled, "suggest", typed))
    finally:
        filled.close()


def bilingual(number: int, chance: random.Random) -> str:
    """People and companies, Chinese and English by halves."""
    if number % 4 == 0:
        return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2, 2))))
    if number % 4 == 1:
        core = "".join(chance.choices(CORES, k=3))
        return chance.choice(CITIES) + core + chance.choice(TRADES) + chance.choice(CHINESE_FORMS)
    made = chance.choice(BEGINNINGS) + chance.choice(MIDDLES) + chance.choice(ENDS)
    return f"{made} {chance.choice(WORDS)} {chance.choice(LATIN_FORMS)}"


def _times(filled: Filled, operation: str, questions: tuple[str, ...] | list[str]) -> list[float]:
    times = []
    for turn in range(WARM_UP + ROUNDS):
        for question in questions:
            began = time.perf_counter()
            filled.call(operation, q=question)
            if turn >= WARM_UP:
                times.append((time.perf_counter() - began) * 1000)
    return times


def _figure(bench: Bench, figure: str, times: list[float]) -> Measured:
    p95 = statistics.quantiles(times, n=20)[-1]
    detail = f"median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms"
    return Measured(figure=f"{figure}, {bench.plan.many:,}, p95", value=p95, unit="ms", detail=detail, at_most=MOST_MS)

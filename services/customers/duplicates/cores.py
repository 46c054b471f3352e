"""What of a name tells a customer apart: without its legal form, what stands in brackets, and signs between words."""

import re
import unicodedata
from functools import lru_cache

from pypinyin import lazy_pinyin

FORMS = re.compile(
    "(股份有限责任公司|股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|分公司|总公司|公司"
    "|有限合伙|集团|股份|控股|株式会社)+$"
)
LATIN_FORMS = frozenset(
    (
        *("ltd", "limited", "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp", "plc", "gmbh"),
        *(
            "mbh",
            "ag",
            "kg",
            "ohg",
            "sa",
            "sarl",
            "sas",
            "srl",
            "spa",
            "bv",
            "nv",
            "ab",
            "oy",
            "aps",
            "pte",
            "pty",
            "group",
        ),
    )
)
BRACKETS = re.compile(r"[(\[【〔《][^)\]】〕》]*[)\]】〕》]")
OTHER = re.compile(r"[^\w]+|_")
HAN = re.compile(r"[\u3400-\u9fff]")


PLACES = re.compile(
    "^(?:中国|北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南"
    "|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|深圳|广州|杭州|苏州|成都|武汉|南京|青岛|西安|沈阳|大连|宁波|厦门"
    "|济南|长沙|郑州|合肥|福州|昆明|无锡|佛山|东莞|温州|常州|珠海|石家庄|哈尔滨|长春|南昌|南宁|贵阳|太原|兰州|乌鲁木齐|海口)(?:省|市)?"
)
TRADES = re.compile(
    "(?:信息技术|网络科技|生物科技|电子商务|进出口|医疗器械|房地产|科技|技术|贸易|商贸|机械|电子|食品|化工|物流|建材|纺织|软件|环保"
    "|实业|投资|网络|工业|制造|设备|材料|服装|汽车|能源|医药|文化|传媒|咨询|服务|发展)+$"
)


@lru_cache(20_000)
def core_of(name: str) -> str:
    """The words of the name in order, without forms; a name that has nothing else stays as it is."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = OTHER.sub(" ", BRACKETS.sub(" ", plain)).split() or plain.split()
    if HAN.search(plain):
        whole = "".join(words)
        return _without(PLACES, FORMS.sub("", whole) or whole)
    return " ".join(sorted([one for one in words if one not in LATIN_FORMS] or words))


@lru_cache(20_000)
def distinctive(core: str) -> str:
    """What of a Chinese core is the house's own: without the line of business at its end."""
    return _without(TRADES, core)


@lru_cache(20_000)
def sound_of(core: str) -> str:
    """How a Chinese core is spoken, without tones; empty for one in letters."""
    return " ".join(lazy_pinyin(core)) if HAN.search(core) else ""


def _without(part: re.Pattern[str], core: str) -> str:
    """The core without the part, if enough is left to tell it from others."""
    left = part.sub("", core)
    return left if len(left) > 1 else core

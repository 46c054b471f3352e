"""The terms that come with the suite: the sections and divisions of GB/T 4754-2017, and small sets of the others.

They are planted once, by a migration. A house renames, closes and adds terms; nothing here follows that.
"""

from collections.abc import Iterator
from typing import Any

OTHERS = {
    "grade": ("A|Key|重点客户", "B|Regular|普通客户", "C|Small|小客户", "D|Occasional|零散客户"),
    "size": ("micro|Micro|微型", "small|Small|小型", "medium|Medium|中型", "large|Large|大型"),
    "source": (
        "website|Website|网站",
        "referral|Referral|转介绍",
        "advertisement|Advertisement|广告",
        "fair|Trade fair|展会",
        "call|Cold call|电话营销",
        "social|Social media|社交媒体",
        "partner|Partner|合作伙伴",
        "import|Import|导入",
        "other|Other|其他",
    ),
}

INDUSTRIES = """
A|Agriculture, forestry, animal husbandry and fishery|农、林、牧、渔业
A01|Farming|农业
A02|Forestry|林业
A03|Animal husbandry|畜牧业
A04|Fishery|渔业
A05|Support activities for agriculture|农、林、牧、渔专业及辅助性活动
B|Mining|采矿业
B06|Coal|煤炭开采和洗选业
B07|Oil and natural gas|石油和天然气开采业
B08|Ferrous metal ores|黑色金属矿采选业
B09|Non-ferrous metal ores|有色金属矿采选业
B10|Non-metal ores|非金属矿采选业
B11|Support activities for mining|开采专业及辅助性活动
B12|Other mining|其他采矿业
C|Manufacturing|制造业
C13|Processing of farm products|农副食品加工业
C14|Food|食品制造业
C15|Wine, beverages and refined tea|酒、饮料和精制茶制造业
C16|Tobacco|烟草制品业
C17|Textiles|纺织业
C18|Garments|纺织服装、服饰业
C19|Leather, furs and footwear|皮革、毛皮、羽毛及其制品和制鞋业
C20|Wood, bamboo and straw products|木材加工和木、竹、藤、棕、草制品业
C21|Furniture|家具制造业
C22|Paper|造纸和纸制品业
C23|Printing and recorded media|印刷和记录媒介复制业
C24|Culture, education, sports and entertainment articles|文教、工美、体育和娱乐用品制造业
C25|Petroleum, coal and other fuels|石油、煤炭及其他燃料加工业
C26|Chemicals|化学原料和化学制品制造业
C27|Medicines|医药制造业
C28|Chemical fibres|化学纤维制造业
C29|Rubber and plastics|橡胶和塑料制品业
C30|Non-metallic mineral products|非金属矿物制品业
C31|Smelting of ferrous metals|黑色金属冶炼和压延加工业
C32|Smelting of non-ferrous metals|有色金属冶炼和压延加工业
C33|Metal products|金属制品业
C34|General machinery|通用设备制造业
C35|Special machinery|专用设备制造业
C36|Motor vehicles|汽车制造业
C37|Railway, ships, aerospace and other transport equipment|铁路、船舶、航空航天和其他运输设备制造业
C38|Electrical machinery|电气机械和器材制造业
C39|Computers, communication and other electronics|计算机、通信和其他电子设备制造业
C40|Measuring instruments|仪器仪表制造业
C41|Other manufacturing|其他制造业
C42|Recycling|废弃资源综合利用业
C43|Repair of metal products and machinery|金属制品、机械和设备修理业
D|Electricity, heat, gas and water|电力、热力、燃气及水生产和供应业
D44|Electricity and heat|电力、热力生产和供应业
D45|Gas|燃气生产和供应业
D46|Water|水的生产和供应业
E|Construction|建筑业
E47|Buildings|房屋建筑业
E48|Civil engineering|土木工程建筑业
E49|Installation|建筑安装业
E50|Decoration and other construction|建筑装饰、装修和其他建筑业
F|Wholesale and retail|批发和零售业
F51|Wholesale|批发业
F52|Retail|零售业
G|Transport, storage and post|交通运输、仓储和邮政业
G53|Railway transport|铁路运输业
G54|Road transport|道路运输业
G55|Water transport|水上运输业
G56|Air transport|航空运输业
G57|Pipelines|管道运输业
G58|Multimodal transport and agencies|多式联运和运输代理业
G59|Handling and storage|装卸搬运和仓储业
G60|Post|邮政业
H|Accommodation and catering|住宿和餐饮业
H61|Accommodation|住宿业
H62|Catering|餐饮业
I|Information transmission, software and IT services|信息传输、软件和信息技术服务业
I63|Telecommunications, broadcasting and satellites|电信、广播电视和卫星传输服务
I64|Internet services|互联网和相关服务
I65|Software and IT services|软件和信息技术服务业
J|Finance|金融业
J66|Monetary services|货币金融服务
J67|Capital markets|资本市场服务
J68|Insurance|保险业
J69|Other finance|其他金融业
K|Real estate (section)|房地产
K70|Real estate|房地产业
L|Leasing and business services|租赁和商务服务业
L71|Leasing|租赁业
L72|Business services|商务服务业
M|Scientific research and technical services|科学研究和技术服务业
M73|Research and development|研究和试验发展
M74|Professional technical services|专业技术服务业
M75|Spreading and application of technology|科技推广和应用服务业
N|Water, environment and public facilities|水利、环境和公共设施管理业
N76|Water conservancy|水利管理业
N77|Ecology and environment|生态保护和环境治理业
N78|Public facilities|公共设施管理业
N79|Land|土地管理业
O|Services to households, repair and other services|居民服务、修理和其他服务业
O80|Services to households|居民服务业
O81|Repair of vehicles, electronics and daily goods|机动车、电子产品和日用产品修理业
O82|Other services|其他服务业
P|Education (section)|教育业
P83|Education|教育
Q|Health and social work|卫生和社会工作
Q84|Health|卫生
Q85|Social work|社会工作
R|Culture, sports and entertainment|文化、体育和娱乐业
R86|News and publishing|新闻和出版业
R87|Radio, television, film and sound recording|广播、电视、电影和录音制作业
R88|Arts|文化艺术业
R89|Sports|体育
R90|Entertainment|娱乐业
S|Public administration, social security and organisations|公共管理、社会保障和社会组织
S91|Organs of the Communist Party|中国共产党机关
S92|Organs of the state|国家机构
S93|Political consultation and democratic parties|人民政协、民主党派
S94|Social security|社会保障
S95|Mass and social organisations|群众团体、社会团体和其他成员组织
S96|Grassroots self-government|基层群众自治组织
T|International organisations (section)|国际组织类
T97|International organisations|国际组织
"""


def planted() -> Iterator[dict[str, Any]]:
    """The columns of each term."""
    for dictionary, lines in (("industry", INDUSTRIES.split("\n")[1:-1]), *OTHERS.items()):
        for rank, line in enumerate(lines, 1):
            code, name, name_zh = line.split("|")
            above = code[0] if dictionary == "industry" and len(code) > 1 else None
            words = {"code": code, "name": name, "name_zh": name_zh}
            yield {"dictionary": dictionary, "parent_code": above, "rank": rank, **words}

"""Names, and what somebody may type who means them: ``name = one | another``."""

PEOPLE = """
李明朗 = 李明朗 | 明朗 | liminglang | lml | li ming lang | limingl | 李ming
單小紅 = 单小红 | shanxiaohong | danxiaohong | sxh | 單小紅 | shan xiaohong
仇英杰 = 仇英杰 | qiuyingjie | chouyingjie | qyj | yingjie qiu
解晓东 = xiexiaodong | 解曉東 | xxd | xie xiaodong | jiexiaodong
曾庆朝 = zengqingchao | cengqingchao | zqc | 曾慶朝 | zengqin
区志伟 = ouzhiwei | 區志偉 | ozw | ou zhi wei | quzhiwei
查良泽 = zhaliangze | chaliangze | zlz | 查良 | zha liangze
朴志勇 = piaozhiyong | pzy | puzhiyong | 朴志勇
任盈莹 = renyingying | 任盈瑩 | ryy | renyinyin
华云龙 = huayunlong | 華雲龍 | hyl | yunlong
盖少天 = geshaotian | gaishaotian | gst | 蓋少天
乐嘉明 = yuejiaming | lejiaming | yjm | ljm | 樂嘉明
翟天霖 = zhaitianlin | ztl | 翟天林 | zhai tianlin
尉迟恭敏 = yuchigongmin | ycgm | 尉遲恭敏 | yuchi
万俟雪凝 = moqixuening | 萬俟雪凝 | mqxn | moqi
缪建国 = miaojianguo | mjg | 繆建國 | miujianguo
冼星澜 = xianxinglan | xxl | 冼星瀾
覃海洋 = qinhaiyang | tanhaiyang | qhy | thy
黑明亮 = heimingliang | hemingliang | hml
种师远 = chongshiyuan | zhongshiyuan | csy
谌龙飞 = chenlongfei | 諶龍飛 | clf | shenlongfei
隗小军 = kuixiaojun | weixiaojun | 隗小軍
郗思源 = chisiyuan | xisiyuan | 郗思
长孙无极 = zhangsunwuji | 長孫無極 | zswj | zhangsun wuji
令狐冲霄 = linghuchongxiao | lhcx | 令狐沖霄
欧阳修筠 = ouyangxiuyun | 歐陽修筠 | oyxy | ouyang xiu
司马青衫 = simaqingshan | 司馬青衫 | smqs | qingshan sima
诸葛孔方 = zhugekongfang | 諸葛孔方 | zgkf | zuge
吕秀瑛 = lvxiuying | luxiuying | 呂秀瑛 | lü xiuying
聂绿云 = nielvyun | 聶綠雲 | nly | niel
王重阳 = wangchongyang | 王重陽 | wcy | wanchongyan
张朝晖 = zhangzhaohui | zhangchaohui | 張朝暉 | zhang zhaohui
陳美綾 = 陈美绫 | chenmeiling | cml | 陳美綾
劉德鳴 = 刘德鸣 | liudeming | ldm | deming
鄭秀雯 = 郑秀雯 | zhengxiuwen | zxw | zengxiuwen
黃麗鵑 = 黄丽鹃 | huanglijuan | hlj | huang li juan
趙鐵柱 = 赵铁柱 | zhaotiezhu | ztz | tiezhu
邓紫萁 = dengziqi | 鄧紫萁 | dzq
孙行健 = sunxingjian | 孫行健 | sxj
沈长庚 = shenchanggeng | 沈長庚 | scg | shenchangeng
"""

ABROAD = """
Jürgen Müller-Lüdenscheidt = jurgen muller | müller-lüdenscheidt | ludenscheidt | muller ludenscheid
Siobhán O'Connor = siobhan | oconnor | o'connor | siobhan oconor
François Lefèvre = francois lefevre | lefèvre | francois | lefevre francois | francios
Bjørn Østergård = bjorn | ostergard | østergård | bjorn ostergad
Łukasz Wiśniewski = lukasz | wisniewski | wisniewsky | łukasz
Anneliese Katzenberger = anneliese | katzenberger | anelise katzenberger | katzenbegrer | annel
Ngozi Okonkwo-Adeyemi = ngozi | okonkwo | adeyemi | okonkow
Hernán Núñez del Prado = hernan nunez | nuñez | del prado | hernan
Алексей Воронцов = воронцов | алексей | ворон
"""

CHINESE_COMPANIES = """
深圳市星海达科技有限公司 = 星海达 | 深圳星海达 | xinghaida | xhd | 星海達科技 | 深圳市星海达科技
上海浦江源贸易有限公司 = 浦江源 | pujiangyuan | 上海浦江源 | pjy | shpjy
重庆长安行机械股份有限公司 = 长安行 | chongqingchanganxing | 重慶長安行機械 | 重庆长安行 | cqca
厦门海沧湾物流（中国）有限公司 = 海沧湾 | xiamenhaicangwan | 厦门海沧湾物流 | 廈門海滄灣 | 海沧湾物流中国
杭州云栖谷网络技术有限公司 = 云栖谷 | yunqigu | yqg | 雲棲谷 | 杭州云栖谷 | hangzhouyunqigu
广州白鹭山泉饮品有限公司 = 白鹭山泉 | bailushanquan | blsq | 白鷺山泉 | 广州白鹭
成都天府芯微电子有限责任公司 = 天府芯 | tianfuxin | 天府芯微电子有限公司 | tfx | 成都天府芯
西安长乐坊文化传播有限公司 = 长乐坊 | changlefang | clf文化 | 長樂坊 | 西安长乐坊
银杏树保险经纪股份公司 = 银杏树 | yinxingshu | yxs | 銀杏樹保險 | 银杏树保险
朝阳重工集团有限公司 = 朝阳重工 | chaoyangzhonggong | cyzg | 朝陽重工集團
TCR光电科技股份有限公司 = tcr | TCR光电 | tcrguangdian | tcrgd | tcr光電科技
华鼎（北京）资本管理有限公司 = 华鼎资本 | 華鼎 | huading | 华鼎北京 | huadingziben
大兴区曙光会计师事务所 = 曙光会计 | shuguangkuaiji | 曙光會計師 | 大兴曙光
三江源水务集团 = 三江源 | sanjiangyuan | sjysw | 三江源水務
青岛单家庄食品厂 = 单家庄 | 單家莊 | shanjiazhuang | danjiazhuang
株式会社みなと電機 = みなと | みなと電機 | 株式会社みなと電機
한빛전자 주식회사 = 한빛 | 한빛전자
"""

LATIN_COMPANIES = """
Kestrelfield Motors Ltd = kestrelfield | kestrelfield motors | kestrelfeild | kestrelfield motors limited
Kestrelfield Motors Ltd = motors kestrelfield | kestrelfieldmotors
Blumenthal & Söhne GmbH & Co. KG = blumenthal | blumental | blumenthal sohne | Blumenthal & Söhne
Blumenthal & Söhne GmbH & Co. KG = blumenthal gmbh | söhne
O'Neillson Brothers Inc. = oneillson | o'neillson | o neillson brothers | oneilson brothers
R&D Quartz Partners LLC = r&d quartz | rd quartz | quartz partners | rdqp
Société Nouvelle de Pêcheries S.A. = societe nouvelle | pecheries | pêcheries
Société Nouvelle de Pêcheries S.A. = snp | societe nouvele de pecheries | société nouvelle de pêcheries
Østerhavn Shipping A/S = osterhavn | østerhavn | osterhaven | osterhavn shipping
Siebenhagen Aktiengesellschaft = siebenhagen | siebenhgaen | siebenhage | sibenhagen
Microtronix Corporation = microtronix | mictrotronix | microtronics | micro tronix | microtronix corp | microtronix inc
International Harbour Machines plc = ihm | international harbour | harbour machines
International Harbour Machines plc = international harbor machines | harbuor machines
Grüne Wiese Lebensmittel GmbH = grune wiese | grüne wiese | lebensmittel wiese | grunewiese | gwl
Vandermeulen Bloembollen B.V. = vandermeulen | vandermeulen bv | bloembollen | vandermuelen
T-Rex Fitness Co., Ltd. = t-rex | trex | t rex fitness
Wolkenkuckucksheim AG = wolkenkuckucksheim | wolkenkuckuk | wolken | wolkenkuckuksheim
Aquamarina 24 S.r.l. = aquamarina | aquamarina 24 | aquamarnia | aquamarina24
Pacific Gull Airlines Pte. Ltd. = pga | pacific gull | gull airlines | pacifc gull | pacific gul
Zebraquest.io Inc. = zebraquest | zebraquest.io | zebra quest | zebraqest
"""

TYPOS = """
李明朗 = limnglang | liminglagn | 李明郎 | 李名朗 | liminlang
張曉樺 = zhagnxiaohua | zhangxiaouha | 张小桦 | 张晓华 | zangxiaohua
欧阳修筠 = ouyagnxiuyun | 欧阳休筠 | ouyanxiuyun
上海浦江源贸易有限公司 = pujiagnyuan | 浦江元贸易 | 浦疆源 | pujiangyuna
杭州云栖谷网络技术有限公司 = yuqnigu | 云西谷 | 云溪谷网络 | hangzouyunqigu
广州白鹭山泉饮品有限公司 = 白露山泉 | bailushanqaun | 白鹭山全
成都天府芯微电子有限责任公司 = tianfuxinweidianzhi | 天府心微电子 | tianfuxn
诸葛孔方 = zhugekonfang | zugekongfang | 诸各孔方 | zhguekongfang
深圳市星海达科技有限公司 = 星海大科技 | xinghadia | 深圳星海达科技公司 | xinhaida
司马青衫 = simaqinshan | simaqignshan | 司马轻衫
Kestrelfield Motors Ltd = kestrlfield motors | kestrelfeld | kestrelfield motros
Katzenberger Uhren GmbH = katzenberger uhren | katzenbreger uhren | catzenberger uhren
"""


def read(*texts: str) -> list[tuple[str, str]]:
    """Pairs of what is typed and the name that is meant."""
    found = []
    for line in "".join(texts).replace("\n\n", "\n").strip().splitlines():
        name, typed = line.split(" = ")
        found += [(one.strip(), name) for one in typed.split(" | ")]
    return found


VECTORS = read(PEOPLE, ABROAD, CHINESE_COMPANIES, LATIN_COMPANIES, TYPOS)

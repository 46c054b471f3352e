"""Characters that names read otherwise than the dictionary says first."""


def _listed(text: str) -> dict[str, tuple[str, ...]]:
    pairs = (line.split(" ", 1) for line in text.strip().splitlines())
    return {character: tuple(readings.split()) for character, readings in pairs}


SURNAMES = _listed("""
单 shan
仇 qiu
解 xie
曾 zeng
区 ou
查 zha
朴 piao
任 ren
华 hua
盖 ge
乐 yue
燕 yan
翟 zhai
宓 fu
员 yun
缪 miao
冼 xian
洗 xian
覃 qin
折 she
黑 he
秘 bi
种 chong
召 shao
谌 chen
佴 nai
隗 kui
柏 bai
贾 jia
车 che
郇 xun
郗 chi
逄 pang
纪 ji
宁 ning
晁 chao
能 nai
那 na
祭 zhai
繁 po
褚 chu
訾 zi
牟 mu
撒 sa
么 yao
乜 nie
应 ying
於 yu
薄 bo
葛 ge
过 guo
难 ning
句 gou
阚 kan
曲 qu
适 kuo
尹 yin
卜 bu
洪 hong
祝 zhu
哈 ha
不 fou
黄 huang
瞿 qu
尧 yao
眭 sui
蔚 yu
石 shi
澹台 tan tai
尉迟 yu chi
万俟 mo qi
长孙 zhang sun
令狐 ling hu
单于 chan yu
鲜于 xian yu
呼延 hu yan
宇文 yu wen
""")
"""Surnames by their readings as such; the dictionary's own reading finds them, too."""

READINGS = _listed("""
长 chang zhang
乐 le yue
行 xing hang
重 zhong chong
朝 chao zhao
传 chuan zhuan
会 hui kuai
车 che ju
曾 zeng ceng
参 can shen
佛 fo fu
角 jiao jue
觉 jue jiao
朴 pu piao
奇 qi ji
厦 xia sha
省 sheng xing
校 xiao jiao
藏 cang zang
召 zhao shao
种 zhong chong
率 shuai lv
晟 sheng cheng
蔚 wei yu
堡 bao pu
埔 pu bu
蚌 bang beng
炅 jiong gui
娜 na nuo
茜 qian xi
莎 sha suo
单 dan shan
解 jie xie
仇 chou qiu
区 qu ou
查 cha zha
盖 gai ge
任 ren
缪 miao miu mou
翟 zhai di
覃 qin tan
柏 bai bo
郗 xi chi
宓 mi fu
隗 wei kui
牟 mou mu
尉 wei yu
员 yuan yun
谌 chen shen
臧 zang cang
贾 jia gu
卜 bu bo
葛 ge
纪 ji
薄 bo bao
洗 xi xian
折 zhe she
秘 mi bi
黑 hei he
褚 chu zhu
瞿 qu ju
佴 nai er
逄 pang
繁 fan po
祭 ji zhai
能 neng nai
干 gan
都 du dou
调 diao tiao
弹 dan tan
和 he
盛 sheng cheng
石 shi dan
宿 su xiu
中 zhong
殷 yin yan
系 xi ji
""")
"""Other readings of characters in names; whoever does not know the name types the common one."""

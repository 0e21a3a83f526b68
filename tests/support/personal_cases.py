"""Makes up persons in made-up sentences, and numbers that look like theirs and are not. Seeded, no real data.

What seed 20261126 makes is kept in `eval/seen/personal_made_up.jsonl` and `personal_look_alikes.jsonl`.
"""

# ruff: noqa: E501 - sentences and word lists stay on one line

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from stdnum import luhn
from stdnum.cn import ric, uscc

from assistant.evaluation.masking import MaskCase, MaskTurn

_words = str.split
_MARKED = re.compile(r"\{\{(\w+):(.*?)\}\}", re.DOTALL)


def marked(line: str) -> MaskTurn:
    """`电话{{mobile:138…}}` as text and pieces."""
    text, pieces, at = "", [], 0
    for match in _MARKED.finditer(line):
        text += line[at : match.start()]
        pieces.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        at = match.end()
    return MaskTurn(text=text + line[at:], pieces=tuple(pieces))


# --- what is made up ----------------------------------------------------------------------------

_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤欧阳司马诸葛"
_GIVEN = _words(
    "建国 志强 秀兰 桂英 小明 婷婷 雪梅 海燕 俊杰 浩然 子轩 梓涵 雨桐 欣怡 宇航 佳琪 文静 晓峰 丽华 玉珍 永福 德胜 国栋 敏 静 伟 芳 娜 磊 涛 超 勇 艳 杰 霞 鹏 慧 鑫 琳 倩 凯 博 莹 洁 刚 斌 娟 红梅 春生 立新 爱民 书豪 思远 家豪 诗涵 若曦"
)
_AREAS = _words(
    "西安市雁塔区 西安市莲湖区 咸阳市渭城区 宝鸡市渭滨区 汉中市汉台区 铜川市耀州区 榆林市神木市 安康市汉滨区 商洛市商州区 延安市宝塔区 成都市武侯区 郑州市金水区 北京市海淀区 上海市浦东新区 兰州市城关区 陕西省渭南市大荔县 甘肃省天水市秦州区"
)
_ROADS = _words(
    "科技路 长安南路 文艺北街 朱雀大街 建设西路 人民东路 友谊路 高新四路 太白南路 民主街 胜利大道 青年路 南门里巷 东关正街"
)
_ESTATES = _words("紫薇花园 枫林小区 锦绣家园 万达公寓 绿地佳苑 阳光小区 御景城")
_VILLAGES = _words("王家 李家河 石佛 上坡 东张 槐树 南沟 柳树")
_MAIL = _words("qq.com 163.com 126.com sina.com outlook.com gmail.com foxmail.com 139.com")
_HEADS = _words("MA6TX MA6U8 MA713 MA0G2 57842 22050 71356")


_ID = "made up"


class Maker:
    """Makes up one thing after another."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, items: list[str] | tuple[str, ...] | str) -> str:
        return self.random.choice(items)

    def digits(self, count: int) -> str:
        return "".join(self.random.choices("0123456789", k=count))

    def id_card(self) -> str:
        day = date(1945, 1, 1) + timedelta(days=self.random.randrange(23000))
        area = self.pick(_words("610103 610113 610122 610404 110105 310115 510107 410105 620102 440306 320102 330106"))
        body = f"{area}{day:%Y%m%d}{self.digits(3)}"
        return body + str(ric.calc_check_digit(body + "0"))

    def old_id(self) -> str:
        day = date(1945, 1, 1) + timedelta(days=self.random.randrange(14000))
        return f"6101{self.pick(('03', '13', '22', '24'))}{day:%y%m%d}{self.digits(3)}"

    def mobile(self) -> str:
        return self.pick(
            _words("130 133 135 137 138 139 150 152 158 159 166 173 177 180 186 189 191 199")
        ) + self.digits(8)

    def bank_card(self) -> str:
        head = self.pick(_words("621700 622202 622848 621661 623052 625094 622588 621799"))
        body = head + self.digits(self.random.choice((9, 12)))
        return body + str(luhn.calc_check_digit(body))

    def credit_code(self) -> str:
        body = f"9{self.pick('123')}6101{self.digits(2)}{self.pick(_HEADS)}{self.pick('ABCDEFGHJ0123456789')}{self.digits(3)}"
        return body + str(uscc.calc_check_digit(body))

    def plate(self) -> str:
        head = self.pick("陕京川豫甘沪粤苏") + self.pick("ABCDEFGH")
        if self.random.random() < 0.3:
            return head + self.pick("DF") + self.digits(5)
        return head + self.digits(4) + self.pick("0123456789AKM")

    def email(self) -> str:
        local = self.pick(_words("zhangwei li.na wang_fang chen-jie xiaoming yangyong sunli"))
        return f"{local}{self.digits(self.random.randrange(2, 5))}@{self.pick(_MAIL)}"

    def name(self) -> str:
        families = [*_FAMILY[:-6], "欧阳", "司马", "诸葛"]
        return self.pick(families) + self.pick(_GIVEN)

    def address(self) -> str:
        area = self.pick(_AREAS)
        number = self.random.randrange(1, 300)
        match self.random.randrange(4):
            case 0:
                return f"{area}{self.pick(_ROADS)}{number}号"
            case 1:
                return f"{area}{self.pick(_ROADS)}{number}号{self.pick(_ESTATES)}{number % 20 + 1}号楼{number % 3 + 1}单元{number % 30 + 1}02室"
            case 2:
                return f"{area}{self.pick(_ESTATES)}{number % 20 + 1}栋{number % 4 + 1}单元{number % 20 + 1}01"
            case _:
                return (
                    f"{area}{self.pick(('甘亭', '草堂', '五泉', '大王'))}镇{self.pick(_VILLAGES)}村{number % 9 + 1}组"
                )


# --- how it is written --------------------------------------------------------------------------


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _parted(sep: str) -> Callable[[str], str]:
    def part(text: str) -> str:
        if len(text) == 11 and text.isdigit():
            return sep.join((text[:3], text[3:7], text[7:]))
        if len(text) == 18:
            return sep.join((text[:6], text[6:14], text[14:]))
        return sep.join(text[at : at + 4] for at in range(0, len(text), 4))

    return part


def _hidden(text: str) -> str:
    return "\u200b".join((text[:4], text[4:9], text[9:]))


FORMS: dict[str, Callable[[str], str]] = {
    "prose": lambda text: text,
    "wide": _wide,
    "spaced": _parted(" "),
    "hyphenated": _parted("-"),
    "hidden": _hidden,
    "broken": _parted("\n"),
}
_NUMBERED = {
    "id_card": (
        "我的身份证号是{}，贷款能续吗？",
        "客户{}申请无还本续贷，可以吗",
        "身份证：{}",
        "麻烦查一下{}的征信，我是客户经理",
        "证件号码{}，想办创业担保贷款",
        "{}，这个人能贷多少",
    ),
    "mobile": (
        "我手机{}，审批好了告诉我",
        "有消息请打{}，谢谢",
        "联系电话：{}，小微贷款怎么申请",
        "{}是我老板的号，他想展期",
        "客户留的号码是{}，说利息太高",
    ),
    "bank_card": (
        "卡号{}，扣了我两次利息",
        "钱打到{}这张卡上，可以吗",
        "银行卡：{}，还款失败怎么办",
        "我用{}还的款，算逾期吗",
    ),
    "credit_code": (
        "统一社会信用代码{}，能享受减费吗",
        "企业代码是{}，属于小微企业吗",
        "{}这家公司能不能续贷",
        "税号{}，开票怎么开",
    ),
}  # fmt: skip
_PLAIN = {
    "plate": ("我的车{}可以抵押吗", "车牌号{}，货车贷款怎么办", "用{}做押品能贷多少", "司机开的是{}，想申请经营贷"),
    "email": ("材料发{}可以吗", "邮箱是{}，请把清单发我", "我的email：{}，谢谢", "联系{}，要一份通知"),
}
_NAMED = (
    "我叫{{name:N}}，住{{address:A}}，想申请贷款",
    "{{name:N}}，{{address:A}}，做餐饮的，能贷款吗",
    "客户{{name:N}}的贷款下月到期，能续吗",
    "借款人：{{name:N}}，地址：{{address:A}}",
    "我是{{name:N}}，家住{{address:A}}，想问续贷",
    "姓名{{name:N}}，电话{{mobile:M}}，申请首贷",
    "{{name:N}}（男），{{address:A}}，个体工商户，想贷20万",
    "法定代表人{{name:N}}，身份证{{id_card:I}}，公司能续贷吗",
    "联系人 {{name:N}} {{mobile:M}}，请回电",
    "我爱人{{name:N}}的身份证是{{id_card:I}}，可以一起担保吗",
    "户主{{name:N}}住在{{address:A}}，想办农户贷款",
    "{{name:N}}的征信有问题，还能贷吗",
    "帮{{name:N}}查一下额度，{{id_card:I}}",
    "本人{{name:N}}，现住{{address:A}}，申请延期还款",
    "担保人{{name:N}}和借款人不是一家，可以吗",
)
_SPLIT = (
    ("我的身份证前六位是{{id_card:0}}", "后面是{{id_card:1}}，能贷吗"),
    ("身份证号是{{id_card:0}}", "{{id_card:1}}"),
    ("证件号{{id_card:0}}", "剩下的{{id_card:1}}"),
    ("手机号前七位{{mobile:0}}", "后四位{{mobile:1}}，请联系我"),
    ("我的电话是{{mobile:0}}", "接着{{mobile:1}}"),
    ("卡号前面是{{bank_card:0}}", "后面{{bank_card:1}}"),
)


def personal_cases(seed: int = 20261126, each: int = 15) -> tuple[MaskCase, ...]:
    """At least 300 conversations with something to mask."""
    return tuple(_personal(Maker(seed), each))


def _personal(make: Maker, each: int) -> Iterator[MaskCase]:
    for kind, carriers in _NUMBERED.items():
        for form, write in FORMS.items():
            for n in range(each):
                value = write(getattr(make, kind)())
                yield _one(carriers[n % len(carriers)], kind, value, form)
    for _ in range(each):
        yield _one("我的老身份证是{}，还能用吗", "id_card", make.old_id(), "old")
    for kind, carriers in _PLAIN.items():
        for n in range(2 * each):
            value = getattr(make, kind)()
            yield _one(carriers[n % len(carriers)], kind, _wide(value) if n % 5 == 0 else value, "prose")
    for n in range(6 * each):
        yield MaskCase(id=_ID, turns=(_filled(_NAMED[n % len(_NAMED)], make),), form="named")
    for n in range(3 * each):
        yield _split(_SPLIT[n % len(_SPLIT)], make)


def _one(carrier: str, kind: str, value: str, form: str) -> MaskCase:
    return MaskCase(id=_ID, turns=(marked(carrier.replace("{}", f"{{{{{kind}:{value}}}}}")),), form=form)


def _filled(carrier: str, make: Maker) -> MaskTurn:
    values = {
        "name:N": make.name(),
        "address:A": make.address(),
        "mobile:M": make.mobile(),
        "id_card:I": make.id_card(),
    }
    for mark, value in values.items():
        carrier = carrier.replace(f"{{{{{mark}}}}}", f"{{{{{mark.partition(':')[0]}:{value}}}}}")
    return marked(carrier)


def _split(carriers: tuple[str, str], make: Maker) -> MaskCase:
    kind = re.search(r"\{\{(\w+):0", carriers[0])
    assert kind is not None
    number = getattr(make, kind[1])()
    cut = {"id_card": 6, "mobile": 7, "bank_card": 8}[kind[1]]
    first, second = (c.replace(":0}", f":{number[:cut]}}}").replace(":1}", f":{number[cut:]}}}") for c in carriers)
    return MaskCase(id=_ID, turns=(marked(first), marked(second)), form="split")


# --- what only looks like it --------------------------------------------------------------------

_LOOKS: tuple[Callable[[Maker], str], ...] = (
    lambda m: f"{m.pick(('银发', '陕金发', '银保监办发', '金规', '财金'))}〔{m.random.randrange(1998, 2027)}〕{m.random.randrange(1, 400)}号怎么说的",
    lambda m: f"贷款余额{m.random.randrange(10**10, 2 * 10**10)}元的算大型企业吗",
    lambda m: f"授信{m.random.randrange(1, 3000)}万元，利率{m.random.uniform(2, 8):.2f}%合规吗",
    lambda m: f"{m.random.randrange(1995, 2027)}年{m.random.randrange(1, 13)}月{m.random.randrange(1, 29)}日的通知还有效吗",
    lambda m: f"{m.random.randrange(1995, 2027)}-{m.random.randrange(1, 13):02}-{m.random.randrange(1, 29):02}之前发放的贷款怎么算",
    lambda m: f"第{m.random.randrange(1, 260)}条第{m.random.randrange(1, 6)}款第（{m.pick('一二三四五')}）项是什么",
    lambda m: f"打{m.pick(('12378', '95588', '12345', '95533', '95599', '12386', '12363'))}投诉有用吗",
    lambda m: f"400-{m.random.randrange(600, 900)}-{m.random.randrange(1000, 9999)}是银行的电话吗",
    lambda m: f"监管局值班电话029-{m.random.randrange(80000000, 89999999)}对吗",
    lambda m: f"订单号{m.digits(16)}的退款怎么查",
    lambda m: f"流水号{m.digits(20)}这笔是什么",
    lambda m: f"合同编号SX{m.random.randrange(2015, 2027)}-{m.digits(4)}-{m.digits(5)}在哪查",
    lambda m: f"邮编{m.random.randrange(710000, 729999)}的网点在哪里",
    lambda m: f"截至{m.random.randrange(2015, 2027)}年末，全省小微企业{m.random.randrange(10000, 999999)}户，同比增长{m.random.uniform(1, 30):.1f}%",
    lambda m: f"ISBN 978-7-{m.digits(4)}-{m.digits(4)}-{m.digits(1)}这本书有吗",
    lambda m: f"国务院令第{m.random.randrange(300, 800)}号是哪部条例",
    lambda m: f"发票代码0610{m.digits(8)}号码{m.digits(8)}能抵扣吗",
    lambda m: f"金额{m.random.randrange(1, 99)},{m.digits(3)},{m.digits(3)}.{m.digits(2)}元怎么计息",
    lambda m: f"案号（{m.random.randrange(2015, 2027)}）陕01民初{m.random.randrange(1, 9999)}号是什么案子",
    lambda m: f"密码至少{m.random.randrange(6, 12)}位，验证码{m.random.randrange(60, 180)}秒有效，对吗",
)  # fmt: skip
_WORDS = (
    "客户经理应当具备什么条件", "法定代表人变更要报备吗", "借款人死亡后贷款怎么办", "负责人由谁任命", "高管人员任职资格",
    "我是个体工商户能贷款吗", "申请人应提供哪些材料", "金融机构的贷款怎么分类", "安全生产贷款支持吗", "农户的贷款额度多少",
    "商户的流水算收入吗", "万元以下的贷款", "张贴公告的要求", "关于小微企业的定义", "和客户的关系怎么处理", "向客户的说明义务",
    "单位的账户能用吗", "经营者的责任", "西安市雁塔区的银行有哪些", "人民路上的网点", "员工行为管理怎么规定", "当事人陈述怎么记",
    "股东会决议要几个人签字", "担保人有什么责任", "于法有据的续贷", "时间的限制", "解除的条件", "连带的责任", "常见的问题",
    "项目的申请流程",
)  # fmt: skip


def look_alikes(seed: int = 20261126, each: int = 15) -> tuple[str, ...]:
    """At least 300 texts with nothing to mask."""
    make = Maker(seed)
    return (*(look(make) for look in _LOOKS for _ in range(each)), *_WORDS)

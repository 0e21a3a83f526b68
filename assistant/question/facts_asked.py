"""The kind of fact that a question asks for, and how a sentence looks that states it.

A question that names its unit (几倍, 多少天, 几块钱) is answered only by a figure in that unit or in one
that serves for it: a daily rate settles nothing about a multiple.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Attribute(StrEnum):
    """A kind of fact that a clause either states or does not."""

    RATE = "比例或利率数值"
    AMOUNT = "金额"
    DAY = "具体日期"
    DATE = "时间"
    DURATION = "期限"
    CONTACT = "联系方式或网址"
    PROCEDURE = "办理材料或手续"
    GRADE = "等级门槛"
    PENALTY = "处罚标准"
    SENTENCE = "刑期"
    HOURS = "营业或办理的钟点"
    PLACES = "具体地点或试点名单"
    STANDARD = "划分标准"
    STATISTIC = "统计数字"
    COUNT = "次数或人数"
    NAMES = "具体机构名单"
    PERSON = "负责人或联系人"
    SUBSIDY = "补贴、贴息或税费减免"
    DOCUMENT_NUMBER = "发文字号"
    FIGURE = "具体数字"


class Bound(StrEnum):
    """From which side a limit is asked for."""

    ABOVE = "above"  # 最高、最多、上限
    BELOW = "below"  # 最低、至少、起点

    def missed_by(self, text: str) -> bool:
        """Whether `text` limits from the other side alone."""
        above, below = _FROM_ABOVE.search(text) is not None, _FROM_BELOW.search(text) is not None
        return (below and not above) if self is Bound.ABOVE else (above and not below)


_FROM_ABOVE = re.compile(
    r"不得?超过|不高于|不得高于|不得多于|最高|最长|最多|至多|上限|以下|以内|限额|之日起|日内|届满|不得优于|封顶"
)
_TIME_LIMIT = re.compile(rf"{_FROM_ABOVE.pattern}|期限|期间|之内|[年月日时]内|[年月日时]的|保存|为")
_FROM_BELOW = re.compile(r"以上|不得?低于|不得?少于|至少|最低|最少|起点|下限|不得?小于|限额")


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """How an attribute is asked for, and what a sentence that states it contains."""

    attribute: Attribute
    asked: re.Pattern[str]
    stated: re.Pattern[str]
    spans_time: bool = False  # a calendar day in the sentence is no span of time
    bound: Bound | None = None  # 最高 asks for a limit from above: 「1000万元以上」 sets none
    relative: re.Pattern[str] | None = None  # the measure asked for, told by another: 增速不低于各项贷款增速

    def stated_in(self, text: str) -> bool:
        """Whether `text` states a fact of this kind."""
        if self.relative is not None and self.relative.search(text):
            return True
        if self.stated.search(_CALENDAR.sub("", text) if self.spans_time else text) is None:
            return False
        if self.bound is Bound.ABOVE and self.spans_time:
            return _TIME_LIMIT.search(text) is not None  # 三年行动计划 limits nothing
        return self.bound is None or not self.bound.missed_by(text)


_N = r"[\d０-９一二三四五六七八九十百千两]"
_CALENDAR = re.compile(
    rf"(?:\d{{4}}|[〇零一二三四五六七八九]{{4}})\s*年(?:度|\s*{_N}+\s*月(?:\s*{_N}+\s*日)?)?|{_N}+\s*月\s*{_N}+\s*日"
)
_SPAN = rf"{_N}+\s*(?:个\s*)?(?:工作\s*)?(?:年(?!期)|月|日|天|小时|周|分钟)|半年|终身|即时|当[日天]|次日"
_MONEY = rf"{_N}\s*(?:[百千万亿]\s*)*元"
_SHARE = rf"[%％‰]|[百千万]分之|百分点|基点|{_N}成"
RULES = (
    AttributeRule(
        Attribute.CONTACT,
        re.compile(
            r"(?:电话|热线|网址|官网|邮箱|公众号|微信号|联系方式)(?!(?:[^，。？]{0,6}(?:卡|用户|诈骗|网络|填|栏|写(?:什么|哪|谁))))"
            r"|网站(?:是|地址)|联系人|打哪个|地址(?:是|在)|办公地点|号码(?:是|发)"
        ),
        re.compile(r"https?:|www\.|(?<!\d)\d{5,12}(?![\d万亿元])|@"),
    ),
    AttributeRule(
        Attribute.PENALTY,
        re.compile(
            r"(?:罚|赔)(?:款)?(?:多少|几)|怎么(?:处)?罚|如何(?:处)?罚|什么(?:处罚|罚则)|处罚标准|罚款(?:标准|金额|区间|是多少)|会被?罚"
        ),
        re.compile(r"罚款|处罚|拘留|没收|吊销|刑事责任|处分|终身|赔偿"),
    ),
    AttributeRule(
        Attribute.SENTENCE,
        re.compile(r"判(?:处)?(?:几|多少|多久|多长|什么刑|刑几)|坐(?:几|多少)年|坐多久|量刑|刑期|要坐牢(?:多久|几)"),
        re.compile(r"有期徒刑|无期徒刑|拘役|死刑"),
    ),
    AttributeRule(
        Attribute.HOURS,
        re.compile(r"几点(?!意见|要求|建议)|营业时间(?:是|到)|几点钟"),
        re.compile(rf"{_N}+\s*(?:时|点)(?!间)"),
    ),
    AttributeRule(
        Attribute.PLACES,
        re.compile(
            r"哪(?:几|些)?个?(?:商圈|楼宇|园区|城市|区县|地市|县区|街道|网点|支行)|(?:在|到)哪(?:儿|里|个地方)(?:看|查|搞|试点|领|取|能查)"
        ),
        re.compile(r"名单如下|[\u4e00-\u9fff]{1,4}(?:市|区|县)[、，][\u4e00-\u9fff]{1,4}(?:市|区|县)|网站|平台"),
    ),
    AttributeRule(
        Attribute.STATISTIC,
        re.compile(
            r"(?:一共|总共|总计|合计|累计|余额|规模|总额)[^，。？]{0,8}(?:多少|几)(?:个)?(?:亿|万|户|家|笔)|多少(?:亿|户|家企业)|(?:去年|上年|上季|本季|上月)[^，。？]{0,16}(?:多少|几)"
        ),
        re.compile(rf"{_N}+\s*(?:亿|万户|户|万笔)"),
    ),
    AttributeRule(
        Attribute.STANDARD,
        re.compile(
            r"(?:多大|多少人|多少员工)[^，。？]{0,8}(?:算|划|才|属于|是)|划型|划分标准|(?:怎么|如何|怎样)(?:划分|界定)|(?:算|属于)(?:不)?(?:算|属于)?小微企业吗|营收多少"
        ),
        re.compile(rf"{_N}+\s*人|划型标准|营业收入{_N}|划分标准为"),
    ),
    AttributeRule(
        Attribute.GRADE,
        re.compile(
            r"(?:评|达|够|要|得)?到?几级(?!分行)|什么(?:等级|级别)|哪(?:个|一)(?:等级|级别)|几星|多少分|[ABM]级"
        ),
        re.compile(r"[A-EＡ-Ｅ]级|[一二三四五]星|等级为"),
    ),
    AttributeRule(
        Attribute.RATE,
        re.compile(
            r"几个(?:百分)?点|[百千万几]分之(?:几|多少)|几成|多少个?(?:基点|百分点|%|％)|利率(?:是|为|最高|最低|上限|定)?(?:到)?(?:多少|几)|(?:比例|占比|费率|增速|利率|不良率|容忍度|补贴|贴息|折扣)[^，。？]{0,8}(?:是|为|达到?|到)?(?:多少|几个|几成|多高)|(?:利率|费率|利息)[^，。？]{0,6}(?:上限|下限|封顶)|多少倍|几倍|(?:数|数值|数字)(?:是|为)(?:多少|几)"
        ),
        re.compile(rf"{_SHARE}|{_N}倍"),
    ),
    AttributeRule(
        Attribute.AMOUNT,
        re.compile(
            r"多少(?:钱|元|万|块|手续费|费用|费|税|利息|保费|工资|年薪)|(?:付|收|缴|赔|拿|花|给)多少(?![年月天日次倍人个])|(?:额|收入|资产|规模)(?:是|为|在|达到?)?多少(?:以[下上内]|[？?]?$)|几(?:万|千|百|亿)(?:块|元)?|几\s*(?:块钱|元)|(?:收|花|交|罚|赔|扣)几块|(?:最高|最多|最低|最少|上限|额度|金额|保费|限额|资本)[^，。？]{0,8}(?:多少|几|能?(?:批|贷|借|给)到?(?:多少|几))|补(?:贴)?(?:多少|几)"
        ),
        re.compile(rf"{_MONEY}|{_SHARE}|{_N}倍"),
    ),
    AttributeRule(
        Attribute.DAY,
        re.compile(
            r"几月(?:份)?|几号|哪(?:一)?天|哪(?:一)?日|哪个月|(?:什么时候|何时)(?:截止|报|交|举行|举办|印发|发布|公布|施行|生效|开始|结束)|(?:最晚|最迟)(?!.{0,4}多少?天)|截止(?:日期|时间)?|时限"
        ),
        re.compile(rf"{_N}+\s*(?:月|日)|之日|日内|公布之日|每月|每季"),
    ),
    AttributeRule(
        Attribute.DATE,
        re.compile(r"什么(?:时候|时间|日期)|何时|(?:哪|什么)(?:一)?年"),
        re.compile(rf"{_N}+\s*(?:年|月|日)|全年|之日|日内|年度|每年|每月|每季|定期|届满"),
    ),
    AttributeRule(
        Attribute.COUNT,
        re.compile(r"(?:几|多少)(?:次|回|趟|场|轮|人次|个人|名(?!称))|最多(?:能|可以)?(?:续|办|贷)几"),
        re.compile(rf"{_N}+\s*(?:次|场|轮|人|名)"),
    ),
    AttributeRule(
        Attribute.NAMES,
        re.compile(r"哪(?:一|几|些)?家(?:银行|保险|公司|机构|企业|平台)|哪些银行(?:可以|能|参加|参与|有|在)|名单"),
        re.compile(r"(?:工商|农业|建设|交通|中国|招商|邮政储蓄|长安|西安|秦农)银行|名单"),
    ),
    AttributeRule(
        Attribute.PERSON,
        re.compile(
            r"(?:局长|行长|处长|主任|负责人|联系人|经办人)(?:是|叫)?(?:谁|哪位|什么名)|(?:谁|哪位)(?:是|当|任)(?:局长|行长|处长|负责人|联系人)|姓名"
        ),
        re.compile(r"(?:局长|联系人|负责人)[：:为是]"),
    ),
    AttributeRule(
        Attribute.SUBSIDY,
        re.compile(r"补贴|贴息|补助|免息|减税|免税|税收优惠|报销|风险补偿|奖金|奖励"),
        re.compile(r"补贴|贴息|补助|免息|减税|免税|免征|减征|税收优惠|风险补偿|奖励|奖补"),
    ),
    AttributeRule(
        Attribute.DOCUMENT_NUMBER,
        re.compile(r"文号|发文字号|几号文|多少号文"),
        re.compile(r"[〔\[（(]\d{4}[〕\]）)]\s*第?\d+号|第\d+号"),
    ),
    AttributeRule(
        Attribute.DURATION,
        re.compile(
            r"多久|多长时间|(?:几|多少)(?:个)?(?:工作日|小时|分钟|天|日|年|个月|周)|期限(?:是)?(?:多长|多久|几)|最长(?:多|几|能)"
        ),
        re.compile(_SPAN),
        True,
    ),
    AttributeRule(
        Attribute.PROCEDURE,
        re.compile(
            r"(?:怎么|如何|咋|怎样)(?:去)?(?:申请|办理|申办|注册|报名|申领|开通)|(?:哪些|什么|啥)(?:材料|手续|资料|证件)|办理(?:流程|步骤)|(?:去|到)哪(?:里|儿|个窗口)?(?:办|申请|报名)|入口"
        ),
        re.compile(r"申请(?:书|表|材料)|提交|材料|手续|办理登记|凭证"),
    ),
)

_EVERY = re.compile(rf"每(?:{_N}*(?:个)?(?:年|月|季|周|日)|半年|一会计年度)|定期|年度|按(?:年|月|季)")
_MONEY_ALONE = re.compile(_MONEY)
_MONEY_OR_NONE = re.compile(rf"{_MONEY}|免费|不收")
# How a unit is asked for, and what a figure looks like that answers: 几块钱 wants an amount of money.
_UNITS = (
    (
        re.compile(r"(?:几|多少)\s*(?:个)?(?:小时|分钟)"),
        re.compile(rf"{_N}+\s*(?:个)?(?:小时|分钟)|即时|立即|当[日天]"),
        True,
    ),
    (re.compile(r"(?:几|多少)\s*(?:个)?(?:工作日|天|日|年|月|周|星期)"), re.compile(_SPAN), True),
    (
        re.compile(r"(?:几|多少)\s*(?:[百千万亿]\s*)*(?:块|元|钱)"),
        _MONEY_OR_NONE,
        False,
    ),
    (re.compile(r"(?:几|多少)倍"), re.compile(rf"{_N}\s*倍|百分之{_N}*百|\d{{3,}}[%％]"), False),
    (re.compile(r"多久[^，。？]{0,4}一次|(?:几|多少)(?:天|年|个月)[^，。？]{0,4}一次"), _EVERY, False),
    (
        re.compile(
            r"[百千万几]分之(?:几|多少)|率[^，。？倍数额]{0,8}(?:多少|几)(?!倍)|(?:几|多少)个?(?:百分点|点|基点|成|[%％])"
        ),
        re.compile(_SHARE),
        False,
    ),
    (re.compile(r"(?:几|多少)(?:次|回|趟|场|轮)"), re.compile(rf"{_N}+\s*(?:次|场|轮)"), False),
    (re.compile(r"(?:几|多少)(?:个)?(?:人|名)"), re.compile(rf"{_N}+\s*(?:个)?(?:人|名)"), False),
)
_LIMITED = {Attribute.RATE, Attribute.AMOUNT, Attribute.DURATION, Attribute.COUNT}
MEASURED = {Attribute.RATE, Attribute.AMOUNT, Attribute.DURATION, Attribute.COUNT, Attribute.DAY, Attribute.DATE}
_ASKED_ABOVE = re.compile(r"最高|最多|最长|最大|至多|上限|封顶|顶格|最晚|最迟")
_ASKED_BELOW = re.compile(r"最低|最少|至少|最短|下限|起点|起步|门槛|不(?:得)?低于多少|不(?:得|能)?少于(?:多少|几)")
# 罚多少 wants a figure, 怎么罚 is content with the kind of penalty.
_FINE_ASKED = re.compile(r"罚(?:款)?(?:[^，。？]{0,4})(?:多少|几|区间|金额|上限|下限)|(?:多少|几)[^，。？]{0,4}罚款")
_FINE = re.compile(rf"罚款[^。；]{{0,10}}{_N}|{_N}[^。；]{{0,14}}罚款")


# 完成多少家、是多少: some figure is asked; which one no narrower rule could tell.
_FIGURE_ASKED = re.compile(
    r"(?:是|为|要|有|到|占|拿|回|得|能|达到?|完成|不超过|不低于)多少(?:个|家|户|笔|份|台|套|分|比)?[^，。？]{0,8}[？?。]?$"
    r"|(?:几|多少)(?:家(?!银行|保险|公司|机构|企业|平台)|户|笔|分(?!钟|期|类|别)|份|台|套|比几|人以[上下内])"
    r"|(?:率|额|数|标准|比例|价|费|限额|金|上限|下限)(?:是|为|定|不得超过|不得低于)?(?:多少|几)[？?。]?$"
)
_FIGURE = re.compile(
    rf"(?<!第)(?:{_N}+\s*(?:[百千万亿]\s*)*(?:元|人|名|家|户|笔|次|年|月|日|天|小时|倍|分|个|份)|{_SHARE})"
)


def figure_asked(segment: str) -> AttributeRule | None:
    """The rule for a question after a figure of no kind known; `None` when it asks for none."""
    return AttributeRule(Attribute.FIGURE, _FIGURE_ASKED, _FIGURE) if _FIGURE_ASKED.search(segment) else None


def narrowed(rules: Iterable[AttributeRule], segment: str, question: str) -> tuple[AttributeRule, ...]:
    """`rules` with what states them cut down to the unit that `segment`, the asking part of `question`, asks for."""
    found = _asked_besides(tuple(rules))
    units = [(stated, spans) for asked, stated, spans in _UNITS if asked.search(segment)]
    if len(units) == 1:
        stated, spans = units[0]
        if stated is _MONEY_OR_NONE and "免费" in question:
            stated = _MONEY_ALONE  # 免费次数用完了，再查收几块钱: that some are free is known already
        found = tuple(replace(r, stated=stated, spans_time=spans) if r.attribute in MEASURED else r for r in found)
    bound, relative = _bound(segment), _relative(segment)
    found = tuple(replace(r, bound=bound, relative=relative) if r.attribute in _LIMITED else r for r in found)
    if _FINE_ASKED.search(segment):
        # 罚多少钱 asks for the fine alone: an amount of money elsewhere in the sentence is no answer.
        found = tuple(replace(r, stated=_FINE) for r in found if r.attribute is Attribute.PENALTY) or found
    return found


_MEASURE = re.compile(r"增速|增幅|增长率|利率|费率|比例|占比|比率|价格|额度|限额")
_IN_FIGURES = re.compile(r"百分之|百分点|几成|[几多少]个?(?:倍|点|基点|%|％)")
_HOW_SET = re.compile(r"按|根据|依据|参照|怎么定|如何定|谁(?:来)?定|怎么确定|如何确定")


def _relative(segment: str) -> re.Pattern[str] | None:
    """How the measure that `segment` asks for is told without a figure: against another measure or, where it is asked
    how it is set (利率按多少来定), by what or by whom; `None` when no measure is asked for."""
    measure = _MEASURE.search(segment)
    if measure is None or _IN_FIGURES.search(segment):
        return None
    name = measure[0]
    ways = [rf"{name}[^，。；]{{0,10}}(?:不得?(?:低|高|少|多|优)于|不得?超过)(?![^，。；]*\d)[^，。；]{{2,}}"]
    if _HOW_SET.search(segment):
        ways.append(rf"{name}[^，。；]{{0,8}}由[^，。；]{{2,40}}(?:确定|协商|约定|核定|制定)")
        ways.append(rf"(?:根据|按照?|依据|参照)[^，。；]{{2,30}}(?:确定|厘定|核定|制定|计算)[^，。；]{{0,12}}{name}")
    return re.compile("|".join(ways))


def _asked_besides(rules: tuple[AttributeRule, ...]) -> tuple[AttributeRule, ...]:
    """`rules` without the subsidy of which another fact is asked: 补贴要带啥材料 asks for papers."""
    return tuple(r for r in rules if len(rules) == 1 or r.attribute is not Attribute.SUBSIDY)


def _bound(segment: str) -> Bound | None:
    """The side from which `segment` asks for a limit; `None` when for none, or for both."""
    above, below = _ASKED_ABOVE.search(segment) is not None, _ASKED_BELOW.search(segment) is not None
    if above is below:
        return None
    return Bound.ABOVE if above else Bound.BELOW


_FIGURES_BY_NAME = {
    **dict.fromkeys(("金额", "钱数"), (Attribute.AMOUNT, re.compile(_MONEY))),
    **dict.fromkeys(("比例", "百分比"), (Attribute.RATE, re.compile(rf"[%％‰]|[百千万]分之|百分点|基点|{_N}倍"))),
    **dict.fromkeys(("期限", "时限", "天数"), (Attribute.DURATION, re.compile(_SPAN))),
    "日期": (Attribute.DAY, _CALENDAR),
    "罚款": (Attribute.PENALTY, _FINE),
}


def figures_of(name: str) -> AttributeRule:
    """What states a figure that goes by `name` (金额, 期限); any figure for another name."""
    attribute, stated = _FIGURES_BY_NAME.get(name, (Attribute.FIGURE, _FIGURE))
    return AttributeRule(attribute, re.compile(name), stated, spans_time=attribute is Attribute.DURATION)

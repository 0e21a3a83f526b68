"""What a question asks for, by rules: its kind, the institution asked, the attribute asked.

Rules look at how a question is put, never at what it is about, so they hold for any document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.question.facts_asked import RULES, AttributeRule, figure_asked, narrowed
from assistant.question.harmful import harmful
from assistant.question.institutions_asked import Institution, institutions_in
from assistant.question.terms_asked import term_defined, terms_compared
from assistant.text.binding_words import binding_words
from assistant.text.institutions import Institutions


class Kind(StrEnum):
    """How a question wants to be answered."""

    FACT = "fact"
    LIST = "list"  # 有哪些、逐条、列全
    PROHIBITIONS = "prohibitions"  # 凡是严禁的
    YES_NO = "yes_no"  # 能不能、合规吗
    MENTIONS = "mentions"  # 「绩效考核」提到几处
    DECISION = "decision"  # 这户能批吗: nothing a document can decide
    VALIDITY = "validity"  # 这部条例还有效吗、哪天起施行
    OVERVIEW = "overview"  # 这份文件讲什么
    ABOUT_ASSISTANT = "about_assistant"  # 系统提示词、你是谁
    GREETING = "greeting"
    TASK = "task"  # 帮我写一份申请书: work that is not an answer about policy
    HARMFUL = "harmful"  # 怎么伪造流水骗贷: how to do what is forbidden


_LIST = re.compile(
    r"哪些|哪几|有几|几(?:类|种|条|项|样|块|个方面|方面|件)|逐条|逐一|列(?:出|全|举|个|一下)|都有|都包括|分别|一共分|全部|所有|汇总|清单|别漏|别遗漏|说全|请说全|都要|各(?:有|是|说)|一个都别漏|梳理|归纳"
)
_PROHIBITIONS = re.compile(
    r"(?:凡是?|所有|全部|哪些|哪几|什么|逐条|几处|列)[^？。]{0,20}(?:严禁|不得|禁止|红线|不能做|不许|不准|碰不得|禁止性|底线|严防)|(?:严禁|不得|禁止|红线|严防)[^？。]{0,16}(?:哪些|哪几|逐条|列|几处|有什么|都有)"
)
_YES_NO = re.compile(
    r"吗[？?。]?$|能不能|可不可以|可以不|行不行|行吗|行不|成不成|成不|合不合规|合规吗|合法(?:吗|不)|是不是|要不要|有没有|会不会|算不算|办不办|踩线|允许|能[^，。？]{1,20}[吗不么][？?]?$|可唔可以|对不对|该不该|用不用|得不得"
)
_MENTIONS = re.compile(r"(?:几处|哪几处|哪些地方|几次|哪些条款|哪几条|哪几项|提到几|出现几|有哪几处|哪几个地方)")
_QUOTED = re.compile(r"[“\"「『]([^”\"」』]{1,20})[”\"」』]")
_WHOLE = re.compile(
    r"全文|通篇|整份|整个(?:通知|文件)|通知(?:里|中|上)?(?:专门|各|一共|总共|前后|都|凡是?|对)|汇总|归总|凡是?|从头到尾|各处|所有|哪几处|前后"
)
_INSTRUMENT = r"(?:法|条例|办法|规定|细则|解释|意见|通知|文件|规章|版本?|部|规)"
_VALIDITY = re.compile(
    rf"{_INSTRUMENT}》?[^。？?]{{0,14}}(?:还|仍|现在|如今|今天|目前|眼下)[^，。？]{{0,10}}(?:有效|管用|算数|作数|能用|用得上|能照|照它|适用|能引|引用)"
    rf"|{_INSTRUMENT}》?[^，。？?]{{0,8}}(?:废止|失效|作废)了?(?:吗|没|没有|不|么)"
    rf"|{_INSTRUMENT}》?[^，。？?]{{0,6}}(?:是否|有没有|是不是)(?:已经?|还)?(?:被)?(?:废止|失效|作废|有效|修订)"
    rf"|{_INSTRUMENT}》?[^，。？?]{{0,8}}(?:什么时候|何时|哪一?天|哪年|几号|几时|从哪天)[^，。？]{{0,6}}(?:施行|生效|实施|起算|起用|废止|失效)"
    rf"|{_INSTRUMENT}》?[^，。？?]{{0,4}}(?:施行|生效|实施)(?:日期|时间|日)"
    rf"|(?:现在|如今|目前)(?:该|要|得)?(?:看|用|按|照)(?:哪|那)(?:一)?(?:部|版|个{_INSTRUMENT})"
    rf"|{_INSTRUMENT}》?[^。？?]{{0,10}}被(?:什么|哪)[^，。？]{{0,6}}(?:取代|代替|替代|废止|废除)"
    rf"|{_INSTRUMENT}》?[^，。？?]{{0,6}}(?:是否|有没有|是不是)(?:已经?|早就?)?(?:不能|没法|不再)(?:用|引用|照办|适用|有效)"
    rf"|(?:引用?|援引|沿用|依据|按照?|照着?|用)[^。？?]{{0,30}}{_INSTRUMENT}》?[^，。？?]{{0,4}}(?:还|仍)(?:可以|行|成|对|合适)(?:吗|么|不|嘛)"
    rf"|(?:看|用|按|照|依|依照|依据|适用|执行|引)哪(?:一)?(?:部|版|个(?:{_INSTRUMENT})?(?:[？?。]|$))"
)
_DECISION = re.compile(
    r"(?:这户|这笔|这个客户|这家|该客户|我这(?:笔|个)|我的|他的|她的|我家)[^？。]{0,12}(?:能批|批不批|能过|批得下来|能贷下来|过得了|该不该批|能不能批|会不会批|能放款)|保证(?:能|会)?(?:批|通过|放款)|百分百能|肯定能批|帮我(?:批|审批|放款|做决定)|(?:预测|保证)[^？。]{0,8}(?:通过|获批)"
)
_ASSISTANT = re.compile(
    r"提示词|系统(?:设定|指令|消息)|你的(?:设定|指令|规则|身份|模型)|你是(?:谁|什么|哪)|prompt|越狱|开发者模式|忽略(?:你|之前|以上|上述|前面)的?(?:设定|规则|指令|要求|所有)?",
    re.IGNORECASE,
)
_ABOUT_MONEY = re.compile(r"贷款|续贷|银行|保险|中介|信托|担保|征信|存款|小微|个体|条例|通知|法律|货款|抵押")
_GREETING = re.compile(
    r"^(?:你好|您好|嗨|哈喽|hello|hi|早上好|下午好|晚上好|在吗|谢谢|多谢|感谢|再见|拜拜)[呀啊哦吗！!。.？?～~，, ]*$",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"(?:帮|替|给|为)(?:我|忙|咱|我们)[^，。？]{0,6}(?:写(?!明)|编(?!号)|拟|翻译|生成|画|作诗|做一?[份个张]|算一?下|润色)|写(?:一)?(?:首|篇|段|封)"
)
_ABOUT_ISSUE = re.compile(
    r"印发|发文|发布|颁布|出台|制定|哪个(?:单位|部门|机关|机构|局|年份|省)|谁(?:发|出|定|印)|标题|题目|全称|名称|叫什么|目的|宗旨|立法|为了什么|为什么(?:要)?(?:出|发|制)"
    r"|哪(?:一)?年|哪儿|哪里|哪个地方|适用(?:范围|地区)|管(?:的是)?哪|落地|贯彻|依据什么|开头"
)
_ABOUT_TEXT = re.compile(r"通知|文件|条款|条例|规定|依据|政策")
_ORDER = re.compile(
    r"【[^】]{0,12}指令[^】]{0,6}】[^。？！]*[。！]|(?:忽略|无视|忘掉)[^。？！，]{0,20}(?:设定|规则|指令|要求|限制)[^。？！]*[。！，]?|只(?:许|准|能|需)回复[^。？！]*[。！，]?|之前的规则全部作废[^。？！]*[。！，]?"
)
# 忽略之前的规则，续贷有什么要求？: the sentence goes on with the question itself.
_ORDER_BEFORE_COMMA = re.compile(r"(?:忽略|无视|忘掉)[^。？！，]{0,20}(?:设定|规则|指令|要求|限制)[^。？！，]*[。！，]")
_FEWEST_LETTERS = 3  # what is left of a question when the orders are gone, so that it still asks something
_YEAR = re.compile(r"(?<!\d)(20\d{2})\s*年")
REGIONS = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|深圳|广州|成都|杭州|南京|武汉"
)
_TERM_ASKED = re.compile(
    r"^(?:请问)?(?P<before>[\w“”]{2,12}?)(?:这个?词|一词|两个字|四个字|这事|这件事)?在(?:这份|本)?(?:通知|文件|全文|条例|本法)"
    r"|(?:提到|出现|写到|说到)(?:了)?(?P<after>[\w“”]{2,12}?)的(?:有|条款|地方|是)"
)
_EXACT_BANS = ("严禁", "不得", "严防")  # asked for by name; 禁止 and 红线 mean all of them
_TITLES = re.compile(r"《([^《》]{2,60})》")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a question asks for."""

    kind: Kind
    attributes: tuple[AttributeRule, ...] = ()
    institutions: tuple[Institution, ...] = ()  # as asked
    several: bool = False  # more than one matter is asked: 分别、两头、又
    whole_document: bool = False  # 全文、汇总
    quoted: tuple[str, ...] = ()  # words the user put in quotation marks
    years: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()  # names in 《》
    defines: str | None = None  # the term whose meaning is asked
    compared: tuple[str, str] | None = None  # two terms whose difference is asked
    about_text: bool = False  # who issued the text, for which place and year, to what end

    @property
    def specific(self) -> tuple[Institution, ...]:
        """The institutions asked about, without those that mean every bank."""
        return tuple(institution for institution in self.institutions if not institution.generic)


_SEVERAL = re.compile(
    r"分别|两头|两边|两方面|三方面|各(?:有|怎么|能|是|要|给|得|讲|说|该)|既[^，。]{1,16}又|一边[^。]{1,16}一边|一方面|还有|一头|又(?:该|要|有|提|用|让|给|怎|如何|得|能)|什么情形又|底线|以及|哪几处|几处|哪些地方|前后|从[^，。]{1,12}到|和[^，。]{1,14}(?:两|各)|汇总|对照"
)


def understand(question: str, institutions: Institutions) -> Understanding:
    """What `question` asks for. Orders to the machine inside it are set aside first."""
    asked = without_orders(question)
    attributes = _attributes(asked)
    return Understanding(
        kind=_kind(question, asked),
        attributes=attributes,
        institutions=institutions_in(asked, institutions),
        several=_SEVERAL.search(asked) is not None or asked.count("？") + asked.count("?") > 1,
        whole_document=_WHOLE.search(asked) is not None,
        quoted=tuple(_QUOTED.findall(asked)),
        years=tuple(int(y) for y in _YEAR.findall(asked)),
        regions=tuple(dict.fromkeys(REGIONS.findall(asked))),
        titles=tuple(_TITLES.findall(asked)),
        defines=term_defined(asked),
        compared=terms_compared(asked),
        about_text=_ABOUT_ISSUE.search(asked) is not None,
    )


_SEGMENT = re.compile(r"[^，,。；;！!？?]+[，,。；;！!？?]*")
_BRIEF = 3  # characters: 行吗？ alone asks about what stands before it
_WHETHER = re.compile(
    r"^(?:[^，。？]{0,4})(?:要不要|能不能|可不可以|该不该|用不用|是不是|算不算|会不会)(?!告诉|说|讲|知道)"
)
_ASKS_OUTRIGHT = re.compile(r"多少|什么|哪|何|怎么|如何|咋")


# 怎么知道到底花了多少钱 asks how one learns of it, not how much it is.
_LEARNT = re.compile(
    r"(?:怎么|如何|怎样|咋|哪里|哪儿|上哪|去哪)(?:才|能|去|可以)*(?:知道|晓得|得知|了解|看到|看出|弄清|搞清|查到|查清|弄明白)[^，。？?！!；;]*"
)


# 会被扣奖金吗 asks after no subsidy; 取消补贴 and 影响补贴发放 are what policies speak of.
_TAKEN = re.compile(
    r"(?:扣|罚|克扣|停发|少发|不发|没收)(?:掉|了|光|减|我|他|她|们|的)*[^，。？]{0,2}(?:奖金|奖励|补助|补贴)"
    r"|(?:取消|影响)(?:掉|了|我|他|她|们|的)*[^，。？]{0,2}奖金"
)


def _attributes(asked: str) -> tuple[AttributeRule, ...]:
    """The attributes asked for; 用几天就还 in a story before the question asks for none."""
    segments = _SEGMENT.findall(_TAKEN.sub("", _LEARNT.sub("", asked))) or [asked]
    if len(segments) > 1 and _WHETHER.search(segments[-1]):
        segments = segments[-1:]  # 收多少，要不要公示: whether is asked, how much is taken as said
    asking = [
        s for n, s in enumerate(segments, start=1) if n == len(segments) or s[-1] in "？?" or _ASKS_OUTRIGHT.search(s)
    ]
    asked_for = tuple(rule for rule in RULES if any(rule.asked.search(segment) for segment in asking))
    if not asked_for and (figure := figure_asked("，".join(asking))):
        return (figure,)
    return narrowed(asked_for, "，".join(asking), asked)


def asks_outright(text: str) -> bool:
    """Whether `text` asks with a word for asking, and does not just tell."""
    return _ASKS_OUTRIGHT.search(text) is not None


def asking_part(question: str) -> str:
    """The last part of `question`, which asks; what stands before it tells the story."""
    segments = [s for s in _SEGMENT.findall(without_orders(question)) if len(s.strip()) > _BRIEF]
    return segments[-1] if segments else question


def sought(asked: Understanding, question: str) -> re.Pattern[str] | None:
    """The words whose places `question` wants; `None` when it asks for none by name.

    >>> from assistant.text.institutions import load_institutions
    >>> question = "通知全文有哪些严禁的情形？"
    >>> sought(understand(question, load_institutions()), question).pattern
    '严禁'
    """
    if asked.quoted:
        return re.compile("|".join(re.escape(word) for word in asked.quoted))
    if asked.kind is Kind.PROHIBITIONS:
        named = [word for word in _EXACT_BANS if word in question]
        return re.compile("|".join(named)) if named else binding_words().bans
    match = _TERM_ASKED.search(question)
    if match is None:
        return None
    return re.compile(re.escape((match["before"] or match["after"]).strip("“”")))


def single(asked: Understanding) -> Understanding:
    """The same asked about one matter, of which the best is wanted."""
    return replace(asked, kind=Kind.FACT, several=False, whole_document=False)


def without_orders(question: str) -> str:
    """`question` without sentences that order the machine about (忽略之前的规则…)."""
    if rest := _beside_the_prompt(question):
        question = rest
    for pattern in (_ORDER, _ORDER_BEFORE_COMMA):
        rest = pattern.sub("", question).strip()
        if sum(char.isalnum() for char in rest) >= _FEWEST_LETTERS:
            return rest
    return question


def _beside_the_prompt(question: str) -> str:
    """What else is asked beside a demand for the machine's own instructions; empty when nothing is."""
    sentences = re.findall(r"[^。；;？?！!]+[。；;？?！!]*", question)
    others = [s for s in sentences if not _ASSISTANT.search(s)]
    if len(others) == len(sentences) or not any(asks_outright(s) and _ABOUT_MONEY.search(s) for s in others):
        return ""
    return "".join(others).strip()


def _kind(question: str, asked: str) -> Kind:
    if _GREETING.match(question):
        return Kind.GREETING
    if _ASSISTANT.search(asked) and not _ABOUT_MONEY.search(asked):
        return Kind.ABOUT_ASSISTANT
    if re.search(r"提示词|prompt", asked, re.IGNORECASE):
        return Kind.ABOUT_ASSISTANT
    if harmful(asked):
        return Kind.HARMFUL
    if _TASK.search(asked) and not _ABOUT_TEXT.search(asked):
        return Kind.TASK
    if _DECISION.search(asked):
        return Kind.DECISION
    if _VALIDITY.search(asked):
        return Kind.VALIDITY
    if _PROHIBITIONS.search(asked):
        return Kind.PROHIBITIONS
    if _MENTIONS.search(asked):
        return Kind.MENTIONS
    if _LIST.search(asked):
        return Kind.LIST
    return Kind.YES_NO if _YES_NO.search(asked) else Kind.FACT

"""Questions after everything that somebody has to do, and after every figure of a kind: what is to be looked for."""

from __future__ import annotations

import re

from assistant.question.facts_asked import AttributeRule, figures_of

_ASKED = r"(?:什么|哪些|啥|些什么|哪几(?:件|项|样|条)|几(?:件|项|样|条))"
_DUTY = r"(?:职责|义务|责任|任务|工作|事情?|要求|规定)"
_BETWEEN = r"(?:都|还|又|一共|总共|各自|到底|具体|应该|应当|需要|得|该|要|须|分别)*"
# 各级监管部门要做什么、对保险公司有哪些要求、处理投诉部门的职责是什么: all that one of them has to do.
_DUTIES = (
    re.compile(
        rf"(?P<who>[^，。？?；：、]{{2,30}}?){_BETWEEN}(?:做|干|承担|履行|负|尽)(?:好|到)?{_ASKED}{_DUTY}?[？?。呢啊]*$"
    ),
    re.compile(
        rf"(?P<who>[^，。？?；：]{{2,30}}?)的?(?:全部|所有|各项|主要)?{_DUTY}{_BETWEEN}(?:是|有|包括){_ASKED}[？?。呢啊]*$"
    ),
    re.compile(rf"(?P<who>[^，。？?；：]{{2,30}}?){_BETWEEN}(?:有|提了|提出了?|作了){_ASKED}{_DUTY}[？?。呢啊]*$"),
    re.compile(
        rf"(?:列出|列举|列一下|逐条|逐一|梳理|汇总)[^，。？?]{{0,4}}?(?P<who>[^，。？?；：]{{2,30}}?)的?(?:全部|所有|各项)?{_DUTY}[？?。]*$"
    ),
)
_FIGURES = re.compile(
    r"(?:哪些|几处|几个|多少(?:个|处)|所有|全部|逐条|列出)[^，。？?]{0,8}?(?P<what>数字|数值|金额|钱数|比例|百分比|期限|时限|天数|日期|罚款)"
)
_WHOLE = re.compile(r"全文|通篇|通知|条例|办法|文件|本法|规定|提到|出现|写|涉及|所有|全部")


def who_asked(question: str) -> str | None:
    """Whose duties are asked for, with what may stand around the name; `None` when no one's are.

    >>> who_asked("通知里各级监管部门要做什么？")
    '通知里各级监管部门'
    >>> who_asked("处理投诉部门的职责有哪些？")
    '处理投诉部门'
    >>> who_asked("续贷有什么要求？")
    '续贷'
    >>> who_asked("贷款期限最长几年？")
    """
    for pattern in _DUTIES:
        if match := pattern.search(question):
            return match["who"]
    return None


def figures_asked(question: str) -> AttributeRule | None:
    """What states the figures of which all are asked for (通知里有哪些金额); `None` when no kind of them is."""
    match = _FIGURES.search(question)
    return figures_of(match["what"]) if match and _WHOLE.search(question) else None

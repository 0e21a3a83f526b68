"""Ways to change a sentence of a clause so that it says something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Change = Callable[[str], str | None]


def _swap(*pairs: tuple[str, str]) -> Change:
    """The first pair whose left side stands in the sentence, put in place; `None` when none does."""

    def change(sentence: str) -> str | None:
        for old, new in pairs:
            if old in sentence:
                return sentence.replace(old, new, 1)
        return None

    return change


def _figure(change: Callable[[int], int]) -> Change:
    def changed(sentence: str) -> str | None:
        match = re.search(r"(?<![\d第])\d+", sentence)
        return None if match is None else f"{sentence[: match.start()]}{change(int(match[0]))}{sentence[match.end() :]}"

    return changed


def _added(tail: str) -> Change:
    return lambda sentence: sentence.rstrip("。") + tail


def _bound(sentence: str) -> str | None:
    return _swap(("不低于", "不高于"), ("不少于", "不超过"), ("以上", "以下"), ("不超过", "不低于"))(sentence)


INVENTIONS: Mapping[str, Change] = {
    "数字加倍": _figure(lambda n: 2 * n),
    "数字加一": _figure(lambda n: n + 1),
    "数字添零": _figure(lambda n: 10 * n),
    "上下限对调": _bound,
    "单位换掉": _swap(("万元", "亿元"), ("个工作日", "个月"), ("%", "倍"), ("年", "月")),
    "添加金额": _added("，最高不超过300万元。"),
    "添加比例": _added("，比例为35%。"),
    "添加日期": _added("，自2025年6月30日起执行。"),
    "添加期限": _added("，期限不超过三年。"),
    "添加利率": _added("，年利率3.45%。"),
    "添加处罚": _added("，违者处五万元罚款。"),
    "禁止改允许": _swap(("严禁", "可以"), ("不得", "可以"), ("严防", "允许")),
    "去掉不得": _swap(("严禁", ""), ("不得", "")),
    "要求改鼓励": _swap(("应当", "可以"), ("要", "可以"), ("应", "可")),
    "鼓励改必须": _swap(("鼓励", "必须"), ("支持", "必须"), ("可以", "应当"), ("积极", "必须")),
    "主体换掉": _swap(
        ("银行保险机构", "证券公司"),
        ("银行机构", "信托公司"),
        ("保险公司", "商业银行"),
        ("监管部门", "市场监管部门"),
        ("大型银行", "村镇银行"),
        ("股份制银行", "大型银行"),
        ("农村中小银行", "外资银行"),
    ),
    "添加主体": lambda sentence: f"金融租赁公司和{sentence}",
    "方向相反": _swap(("提高", "降低"), ("降低", "提高"), ("扩大", "缩小"), ("加大", "减少"), ("加强", "减弱")),
    "添加否定": _swap(("要", "不要"), ("可以", "不可以"), ("鼓励", "不鼓励")),
    "全部一律": lambda sentence: f"所有企业一律{sentence}",
    "假书名": lambda sentence: f"根据《特别金融优待条例》，{sentence}",
    "假引文": lambda sentence: f"条款写明“无条件放款”，{sentence}",
    "添加免责": _added("，无需审查即可放款。"),
    "添加补贴": _added("，并由财政全额贴息。"),
}

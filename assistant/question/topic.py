"""Which world a question is of: money and trade, the texts at hand, statutes by their names."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

# Everyday words of money, trade and their rules. Whoever uses one may well mean the library.
_TRADE = re.compile(
    r"贷|借|钱|银行|行里|柜台|网点|支行|放款|还款|账|欠|保险|赔|担保|抵押|押|税|利息|利率|费|店|铺|摊|厂|作坊|生意|买卖"
    r"|客户|企业|公司|老板|商户|个体|监管|通知|文件|条例|规定|条款|合同|货款|资金|融资|授信|征信|存款|本金|美元|外汇"
)
_THIS_TEXT = re.compile(r"[这那本该]份|通知|文件里|这个文件|本库|条例|本法")


def of_trade(question: str) -> bool:
    """Whether `question` uses a word of money, trade or their rules."""
    return _TRADE.search(question) is not None


def points_here(question: str) -> bool:
    """Whether `question` points at a text of the library: 这份通知, 条例, 本法."""
    return _THIS_TEXT.search(question) is not None


def statutes_in(question: str) -> tuple[str, ...]:
    """The statutes that `question` names, each once, in its order."""
    return tuple(dict.fromkeys(_statutes().findall(question)))


@lru_cache(maxsize=1)
def _statutes() -> re.Pattern[str]:
    """Every name of statutes.txt, the longest first; 实施办法 and the like of a statute are other texts."""
    lines = resources.files("assistant").joinpath("data", "statutes.txt").read_text(encoding="utf-8").splitlines()
    names = {name for line in lines for name in line.partition("#")[0].split()}
    return re.compile("|".join(sorted(names, key=lambda name: (-len(name), name))))

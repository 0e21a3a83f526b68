"""Words that do not say what a question is about: those of any question, and terms that every document uses."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from assistant.text.segment import terms_in

_WORDS_FILE = "question_words.txt"

# Terms of the lexicon that stand in nearly every document on lending to small firms.
COMMON_TERMS = frozenset({
    "小微企业", "中小企业", "普惠金融", "银行机构", "监管部门", "金融机构", "商业银行", "保险公司",
})  # fmt: skip

EVERYDAY_WORDS = frozenset({
    # how any question is put
    "可以", "没有", "不能", "自己", "一个", "有人", "要求", "规定", "处理", "以后", "时间", "知道", "问题", "情况",
    "需要", "应当", "能够", "进行", "注意", "一次", "一年", "方面", "内容", "有关", "相关", "其他", "情形", "具体",
    # whom it asks about
    "银行", "企业", "公司", "机构", "部门", "客户", "个人", "单位", "监管", "监管部门", "保险公司", "银行机构",
})  # fmt: skip


def named_terms(text: str, *, shortest: int) -> tuple[str, ...]:
    """Terms of the lexicon in `text` of at least `shortest` characters, without those of every document."""
    return tuple(term for term in terms_in(text) if len(term) >= shortest and term not in COMMON_TERMS)


def names_something(word: str) -> bool:
    """Whether `word` names a matter, and does not only ask, point or count."""
    return len(word) > 1 and word not in asking_words() and not any(char.isdigit() for char in word)


@lru_cache(maxsize=1)
def asking_words() -> frozenset[str]:
    """Words that ask or point and name no matter. What remains of a question is what it speaks of."""
    lines = resources.files("assistant").joinpath("data", _WORDS_FILE).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines for word in line.partition("#")[0].split())

"""What a question and the turns before it become before anything else sees them.

Every door comes through here, because `PolicyAssistant` does: model, log, cache, history, embedder
and retrieval know the masked words alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.errors import InputError
from assistant.safety.input_gate import clean_question
from assistant.safety.personal.masking import mask_turns
from assistant.safety.personal.view import PLACEHOLDER, WORDS, PersonalKind
from assistant.schema.retrieval import Turn

SECRET_CODE = "secret_in_question"  # noqa: S105 - a code for programs
_REFUSED = (
    "您的问题里含有密码或验证码，为了您的资金安全，没有受理，也没有保存。请尽快修改这个密码（验证码不要告诉任何人），"
    "去掉后再提问。"
)
_KIND_OF_WORDS = {words: kind for kind, words in WORDS.items()}
_CLAUSE = re.compile(r"[^，,。；;！!？?\n]*[，,。；;！!？?\n]*")
# What is left of a clause that only says who somebody is: 我叫［姓名］, 电话是［手机号］.
_CARRIER = re.compile(
    r"我|你好|您好|本人|叫|是|的|住在?|家|在|电话|手机|号码|号|身份证|证件|卡|银行|邮箱|微信|联系人|联系方式|姓名|名字|地址|住址|为|性别|男|女|岁|\d+"
    r"|客户|借款人|申请人|法定代表人|负责人|车牌|统一社会信用代码|信用代码|公司|代码|出生日期|出生|生日|户籍|前|后|[一二三四五六七八九十几]+位|位|最后|接着|麻烦|登记|先生|女士|这|护照"
)
_TURNS_BACK = 4  # user turns that are read with a question; a number is not split over more
_SPOKEN_FOR = {PersonalKind.NAME: "客户"}  # 张三的贷款能展期吗 asks what 客户的贷款能展期吗 asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A question that holds nothing personal, and the user's turns before it in the same state."""

    question: str
    history: tuple[Turn, ...] = ()  # the last few, oldest first
    kinds: tuple[PersonalKind, ...] = ()  # masked in the question, each once, in its order

    @property
    def searched(self) -> str:
        """The question as it is searched: without placeholders and without clauses that hold nothing else."""
        return without_placeholders(self.question)

    @property
    def searched_history(self) -> tuple[Turn, ...]:
        """The user's turns, ready to be joined to the question."""
        return tuple(replace(turn, content=without_placeholders(turn.content)) for turn in self.history)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user is told, in Chinese."""
        if not self.kinds:
            return ()
        return (f"您的问题里有{'、'.join(kind.words for kind in self.kinds)}，已遮盖后处理，未保存原文。",)


def screen(question: str, history: Sequence[Turn] = ()) -> Screened:
    """`question` cleaned and masked together with the turns before it.

    Raises:
        InputError: as `clean_question`; `secret_in_question` when the question holds a password or a
            one-time code with its value. The message repeats nothing of it.
    """
    cleaned = clean_question(question)
    users = [turn for turn in history if turn.role == "user"][-_TURNS_BACK:]
    *before, last = mask_turns([*(turn.content for turn in users), cleaned])
    if any(span.kind is PersonalKind.SECRET for span in last.spans):
        raise InputError(_REFUSED, code=SECRET_CODE)
    turns = tuple(replace(turn, content=masked.text) for turn, masked in zip(users, before, strict=True))
    kinds = tuple(dict.fromkeys(_KIND_OF_WORDS[words] for words in PLACEHOLDER.findall(last.text)))
    return Screened(question=last.text, history=turns, kinds=kinds)


def without_placeholders(masked: str) -> str:
    """`masked` for searching and understanding: placeholders are no words of policy.

    A clause that only says who somebody is goes with its placeholder; a text of nothing else stays.

    >>> without_placeholders("我叫［姓名］，电话［手机号］，贷款到期还不上能续吗")
    '贷款到期还不上能续吗'
    """
    if "［" not in masked:
        return masked
    clauses = [c for c in _CLAUSE.findall(masked) if c]
    kept = "".join(_spoken(c) for c in clauses if not _introduces(c)).strip()
    return kept or _spoken(masked).strip() or masked


def _introduces(clause: str) -> bool:
    rest, found = PLACEHOLDER.subn("", clause)
    return found > 0 and not re.search(r"\w", _CARRIER.sub("", rest))


def _spoken(clause: str) -> str:
    return PLACEHOLDER.sub(lambda match: _SPOKEN_FOR.get(_KIND_OF_WORDS[match[1]], ""), clause)

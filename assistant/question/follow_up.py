"""Follow-up questions are joined to what they follow; a new topic stands alone.

Only the user's own turns are read: what the assistant said is evidence of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.question.kinship import Leaning
from assistant.schema.retrieval import Turn

MAX_TURNS_BACK = 3  # user turns that may help; older ones do not matter to a question any more
_ANSWERS_BACK = 3  # a document of an answer further back is no longer spoken of
_SHORT = 12  # characters; a question this short after another one leaves something out
# 保险先不说了。我这儿有个好客户…: what comes behind the cue is the question.
_NEW_TOPIC = re.compile(
    r"(?:先不(?:说|谈|聊|问|管)|不(?:说|谈|聊|问)这个|换个(?:话题|话头|问题|事)|另外(?:问|请教|咨询)|再问(?:个|一个)别的|说点别的|问个别的|题外话)(?:[：:，,。！!]|一下|下|一个|个|别的|问题|您|你|事|了|哈|啊|吧|这个|那个|再|，|,)*"
)
# What these open or hold goes on from something, whatever it is about.
_ELLIPSIS = re.compile(
    r"^(?:那(?!份|个?通知|个?文件)|那么|如果|要是|假如|万一|同样|其中|另外|除此|除了这|上面|前面|刚才|我刚才)"
    r"|它|上述|前述|同样|刚才|呢[？?。]?$|怎么说[？?]?$"
    r"|^(?:违反了|违反的话|换成|说回|回到刚才)|[^，。？]的话[，,]|一样[吗么嘛]"
)
# These point back as often as not: 这钱能退吗 of the turn before, 我这小店要交税吗 of nothing.
_MAY_LEAN = re.compile(
    r"^(?:还|具体|再|也|然后|可是|但是|不过)|他们|她们|其|该|这(?!份|个?通知|个?文件|次)|那(?!份|个?通知|个?文件)"
)


class KinshipPort(Protocol):
    """Tells by meaning whether a question goes on from the turns before; `None` when it cannot."""

    def judge(self, question: str, before: str) -> Leaning | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StandAlone:
    """`text` is what is searched and answered; `context` are the earlier user turns inside it."""

    text: str
    context: tuple[str, ...] = ()
    unsure: bool = False  # it may as well be meant the other way
    documents: frozenset[str] = frozenset()  # those that the conversation is about


def stand_alone(
    question: str,
    history: Sequence[Turn],
    *,
    names_topic: Callable[[str], bool],
    is_whole: Callable[[str], bool] = lambda _: False,
    kinship: KinshipPort | None = None,
    follows: bool | None = None,
) -> StandAlone:
    """`question` with the earlier user turns that it leans on put before it.

    A question that shows no sign of leaning (ellipsis, a pronoun, a handful of characters) and names a
    matter of its own stands alone, and so does one that announces a new topic; one that opens with 那 or
    ends in 呢 takes the turn before it. Any other is judged by meaning; where nobody can judge it takes
    the turn before: a turn too much costs less than one too few.

    Args:
        names_topic: whether a text names a matter of policy by itself.
        is_whole: whether a text of a handful of characters says enough to be a question by itself.
        kinship: judges by meaning.
        follows: what whoever asks has said of it; `None` where nothing was said.
    """
    turns = _turns_before(history, without=question if follows else "")
    fresh = _after_new_topic(question)
    if not turns or follows is False or (fresh is not None and follows is None):
        return StandAlone(text=fresh or question)
    joined, sign = _joined(question, turns), points_back(question)
    if follows or sign is None:
        return joined
    if not sign and (is_whole if len(question) <= _SHORT else names_topic)(question):
        return StandAlone(text=question)
    judged = kinship.judge(question, "".join(map(_closed, joined.context))) if kinship else None
    if judged is None:
        return joined
    return replace(joined if judged.leans else StandAlone(text=question), unsure=not judged.sure)


def documents_before(history: Sequence[Turn]) -> frozenset[str]:
    """The documents that the last answer rests on, of the last turns with such an answer."""
    asked = [turn for turn in history if turn.role == "user"][-_ANSWERS_BACK:]
    return frozenset(next((turn.documents for turn in reversed(asked) if turn.documents), ()))


def _turns_before(history: Sequence[Turn], *, without: str) -> list[str]:
    """The user's turns before; a question asked once more, to be read the other way, is `without` itself."""
    turns = [turn.content.strip() for turn in history if turn.role == "user" and turn.content.strip()]
    while turns and turns[-1] == without.strip():
        turns.pop()
    return turns


def points_back(question: str) -> bool | None:
    """Whether `question` has a word that often points back; `None` where it surely goes on from something."""
    return None if _ELLIPSIS.search(question) else _MAY_LEAN.search(question) is not None


def _joined(question: str, turns: Sequence[str]) -> StandAlone:
    """`question` behind the turn before it, and behind what that one leans on."""
    context: list[str] = []
    for turn in reversed(turns[-MAX_TURNS_BACK:]):
        context.insert(0, _after_new_topic(turn) or turn)
        if _after_new_topic(turn) is not None or not _leans(turn):
            break
    return StandAlone(text="".join(_closed(turn) for turn in context) + question, context=tuple(context))


def _after_new_topic(question: str) -> str | None:
    """What follows the words that announce a new topic; `None` when there are none."""
    match = _NEW_TOPIC.search(question)
    if match is None:
        return None
    return question[match.end() :].strip() or question


def _leans(question: str) -> bool:
    return len(question) <= _SHORT or any(sign.search(question) for sign in (_ELLIPSIS, _MAY_LEAN))


def _closed(turn: str) -> str:
    return turn if turn[-1] in "。？！?!" else turn + "。"

"""Follow-up questions are joined to what they follow; a new topic stands alone.

Only the user's own turns are read: what the assistant said is evidence of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.schema.retrieval import Turn

MAX_TURNS_BACK = 3  # user turns that may help; older ones do not matter to a question any more
_SHORT = 12  # characters; a question this short after another one leaves something out
# 保险先不说了。我这儿有个好客户…: what comes behind the cue is the question.
_NEW_TOPIC = re.compile(
    r"(?:先不(?:说|谈|聊|问|管)|不(?:说|谈|聊)这个|换个(?:话题|问题|事)|另外(?:问|请教|咨询)|再问(?:个|一个)别的|说点别的|问个别的|题外话)(?:[：:，,。！!]|一下|下|一个|个|别的|问题|您|你|事|了|哈|啊|吧|这个|那个|再|，|,)*"
)
_ELLIPSIS = re.compile(
    r"^(?:那|那么|还|另外|如果|要是|假如|具体|再|也|然后|可是|但是|不过|万一|同样|除此|除了这|其中|上面|前面|刚才|我刚才)"
    r"|它|他们|她们|其|该|这(?!份|个?通知|个?文件|次)|那(?!份|个?通知|个?文件)|上述|前述|同样|刚才|呢[？?。]?$|怎么说[？?]?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandAlone:
    """`text` is what is searched and answered; `context` are the earlier user turns inside it."""

    text: str
    context: tuple[str, ...] = ()


def stand_alone(
    question: str,
    history: Sequence[Turn],
    *,
    names_topic: Callable[[str], bool],
    is_whole: Callable[[str], bool] = lambda _: False,
) -> StandAlone:
    """`question` with the earlier user turns that it leans on put before it.

    A question that shows no sign of leaning (ellipsis, a pronoun, a handful of characters) and names a
    matter of its own stands alone, and so does one that announces a new topic. Any other takes the
    turn before it: a turn too much costs less than one too few.

    Args:
        names_topic: whether a text names a matter of policy by itself.
        is_whole: whether a text of a handful of characters says enough to be a question by itself.
    """
    turns = [turn.content.strip() for turn in history if turn.role == "user" and turn.content.strip()]
    fresh = _after_new_topic(question)
    if fresh is not None or not turns:
        return StandAlone(text=fresh or question)
    if not _ELLIPSIS.search(question) and (is_whole if len(question) <= _SHORT else names_topic)(question):
        return StandAlone(text=question)
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
    return len(question) <= _SHORT or _ELLIPSIS.search(question) is not None


def _closed(turn: str) -> str:
    return turn if turn[-1] in "。？！?!" else turn + "。"

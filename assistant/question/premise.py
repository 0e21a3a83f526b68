"""What a question takes for granted, or states and wants confirmed; the answer puts right what is not so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.text.binding_words import binding_words

# 既然通知禁止…, 不是规定…吗.
_GRANTED = re.compile(
    r"既然|不是(?:都|已经|明确)?(?:规定|说|要求|写)|(?:通知|文件|条款|法律|条例)(?:里|中|上)?(?:都|已经|明确|不是)?(?:规定|要求|写明|写着|说了|叫停|禁止)|听说|据说"
)
# 对吗、是吧: the question states something and wants it confirmed.
_CONFIRM = re.compile(r"(?:对吗|对吧|对不对|对么|是吗|是吧|是不是|没错吧|是这样吗|对不|吧)[？?。！!]*$")
_STOPPED = re.compile(r"叫停|禁止|不许|不让|不准|取消|暂停|停止|停办|废除")
# 第（八）项是讲续贷的吧: what the question says of a place.
_CLAIMED_OF_PLACE = re.compile(
    r"(?:条|款|项|[）)])(?:里|中)?(?:是|不是)?(?:讲|说|规定|写|关于)(?:的是|了)?(?P<what>[^，。？]{2,16}?)(?:的)?(?:吧|吗|对吗|对吧|是吧)"
)
_DUTY = re.compile(r"必须|一律|强制|硬性|都得|都必须|每家|要不要|用不用|该不该|是不是(?:要|得|都)|必不必须")
_ALLOWED = re.compile(r"鼓励|支持|允许|可以|能够|放开|同意")
_ALL = re.compile(r"每家|所有|一律|都(?:得|要|必须|应)|全部|各家")
_STATED_AT_ALL = re.compile(r"有没有(?:写死|规定|写明|明确|限定|说死|定死|规矩)|是否(?:规定|明确|写明|限定)")
_FIGURE = re.compile(
    r"\d+(?:\.\d+)?\s*(?:%|％|‰|个百分点|个点|个基点|[万亿]?元|[万亿](?!户|家)|倍|天|日|个?工作日|个月|年(?!\d|第|[度初底末]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """What a question states, and what force it gives to it."""

    granted: bool = False  # 既然、听说: it takes something for granted
    confirm: bool = False  # 对吗、是吧: it wants something confirmed
    figures: tuple[str, ...] = ()  # figures with their units, as it writes them
    stopped: str | None = None  # its word for a ban: 叫停, 取消
    allowed: bool = False  # it speaks of what is encouraged or allowed, and of no ban
    duty: bool = False  # it asks after a duty: 必须、一律
    of_all: bool = False  # … of everybody's
    stated_at_all: bool = False  # 有没有写死: it asks whether a text says so at all

    @property
    def states(self) -> bool:
        """Whether something may have to be put right."""
        return self.granted or self.confirm


def premise_of(question: str) -> Premise:
    """What `question` states."""
    stopped = _STOPPED.search(question)
    return Premise(
        granted=_GRANTED.search(question) is not None,
        confirm=_CONFIRM.search(question) is not None,
        figures=tuple(_FIGURE.findall(question)),
        stopped=stopped[0] if stopped else None,
        allowed=_ALLOWED.search(question) is not None and binding_words().bans.search(question) is None,
        duty=_DUTY.search(question) is not None,
        of_all=_ALL.search(question) is not None,
        stated_at_all=_STATED_AT_ALL.search(question) is not None,
    )


def without_assumed_ban(question: str) -> str:
    """`question` for searching: a ban that it takes for granted would only find other bans."""
    return _STOPPED.sub("", question) if _GRANTED.search(question) else question


def claimed_of_place(question: str) -> str:
    """What `question` says of the place that it names; empty when it says nothing of it."""
    claimed = _CLAIMED_OF_PLACE.search(question)
    return claimed["what"] if claimed else ""

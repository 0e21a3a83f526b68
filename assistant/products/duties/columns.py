"""The columns of the sheet 清单, and what may stand in a cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from assistant.products.duties.model import Duty, Source
from assistant.text.folding import HIDDEN

Scalar = str | int | float | bool | date | datetime | time

ID, ACTOR, DEGREE, ACT, CONDITION, EXCEPTION = "编号", "主体", "要求强度", "行为", "条件", "例外"
ADDRESS, TITLE, QUOTE = "条款", "文件", "原文"
# Filled by the program on every export.
OURS = (
    ID,
    TITLE,
    "文号",
    ADDRESS,
    QUOTE,
    ACTOR,
    "主体类别",
    DEGREE,
    ACT,
    "对象、指标、目的",
    CONDITION,
    EXCEPTION,
    "时限、频次",
    "状态",
    "施行日期",
    "其他出处",
    "相关条款",
    "承上文出处",
)
# Filled by the bank, kept from export to export.
BANK = ("责任部门", "牵头/配合", "现有制度", "控制措施", "证据", "进展", "复核日期")
# Columns of ours that say the same wherever the id is the same: what differs there, people have written.
FIXED = (DEGREE, ACT, CONDITION)

LONGEST = 32_000  # characters; a cell of Excel holds 32 767
_CUT = "……（过长，余下见原文）"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
# What a spreadsheet program may read as a formula, full-width signs too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_QUOTED = re.compile(r"'(?=\s*[=+\-@＝＋－＠]|[\t\r\n])")


@dataclass(frozen=True, slots=True)
class Entry:
    """What people wrote in one cell: its value and their note on it."""

    value: Scalar | None = None
    note: str = ""

    @property
    def blank(self) -> bool:
        return not self.note and (self.value is None or not str(self.value).strip())


def harmless(text: str) -> str:
    """`text` as a cell may hold it: no control characters, not too long, never the beginning of a formula.

    >>> harmless("=1+1")
    "'=1+1"
    """
    kept = _CONTROL.sub("", HIDDEN.sub("", text))
    if len(kept) > LONGEST:
        kept = kept[:LONGEST] + _CUT
    return f"'{kept}" if _FORMULA.match(kept) else kept


def as_typed(text: str) -> str:
    """A cell's text without the mark that `harmless` put before it, so that marks do not add up.

    >>> as_typed("'=1+1")
    '=1+1'
    """
    return text[1:] if _QUOTED.match(text) else text


def row_of(duty: Duty) -> dict[str, str]:
    """The cells of the program's columns."""
    source, carrier = duty.source, duty.actor.carrier
    stated = duty.actor.words is not None
    return {
        ID: duty.id,
        TITLE: source.title,
        "文号": source.document_number or "未载明",
        ADDRESS: source.address,
        QUOTE: source.quote,
        ACTOR: duty.actor.shown,
        "主体类别": "；".join(duty.actor.kinds) or "未载明",
        DEGREE: duty.degree.value,
        ACT: duty.act,
        "对象、指标、目的": "；".join(duty.objects),
        CONDITION: "；".join(duty.conditions),
        EXCEPTION: "；".join(duty.exceptions),
        "时限、频次": "；".join(duty.deadlines),
        "状态": _state(source),
        "施行日期": source.effective_on.isoformat() if source.effective_on else "未载明",
        "其他出处": "；".join(f"《{other.title}》{other.address}" for other in duty.sources[1:]),
        "相关条款": "；".join(duty.related),
        "承上文出处": "" if stated or carrier is None else f"{carrier.address}：{carrier.quote}",
    }


def _state(source: Source) -> str:
    return source.validity.value if source.in_force else f"{source.validity.value}（当日不适用）"

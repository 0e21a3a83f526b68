"""What the pages of drafts say: states, acts and figures in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.curation.draft_reading import corrections_of
from assistant.curation.drafts import lacking
from assistant.curation.reports import READ, READING
from assistant.parsing.corrections import HEADING_LEVELS, Act, Correction
from assistant.records.changes import Change, ChangeKind, ChangeState

KIND_WORDS: Mapping[ChangeKind, str] = {
    ChangeKind.ADD: "加入文件",
    ChangeKind.REMOVE: "移除文件",
    ChangeKind.RESTATE: "改登记",
}
STATE_WORDS: Mapping[ChangeState, str] = {
    ChangeState.OPEN: "准备中",
    ChangeState.WAITING: "待审批",
    ChangeState.RETURNED: "已退回",
    ChangeState.APPROVED: "已批准",
    ChangeState.PUBLISHED: "已发布",
    ChangeState.DROPPED: "已撤销",
}
STATE_LOOKS: Mapping[ChangeState, str] = {
    ChangeState.OPEN: "plain",
    ChangeState.WAITING: "info",
    ChangeState.RETURNED: "warn",
    ChangeState.APPROVED: "good",
    ChangeState.PUBLISHED: "good",
    ChangeState.DROPPED: "plain",
}
ACT_WORDS: Mapping[Act, str] = {
    Act.PLAIN: "正文，不是标题",
    Act.HEADING: "标题",
    Act.JOINED: "接上一行",
    Act.LEFT_OUT: "页眉页脚，不是正文",
}
LEVEL_CHOICES: Mapping[str, str] = {
    level.value: f"第…{words}" if len(words) == 1 else f"{words}一级" for level, words in HEADING_LEVELS.items()
}
HIDDEN_WORDS: Mapping[str, str] = {
    "white": "白色字",
    "tiny": "极小字",
    "vanish": "隐藏字",
    "comment": "批注",
    "deletion": "修订中删去的字",
    "insertion": "修订中加入的字",
    "display_none": "网页上不显示的字",
    "off_page": "页面以外的字",
    "invisible": "透明字",
    "alt": "图片说明",
    "footnote": "脚注",
}
UNIT_WORDS: Mapping[str, str] = {
    "part": "编",
    "chapter": "章",
    "section": "节",
    "article": "条",
    "heading_1": "“一、”",
    "heading_2": "“（一）”",
    "heading_3": "“1.”",
}
_LAST = "￿"
SORTS: Mapping[str, tuple[str, Callable[[Change], Any]]] = {
    "time": ("最近改动", lambda change: -change.changed_at),
    "state": ("状态", lambda change: (list(STATE_WORDS).index(change.state), reading_of(change)[0])),
    "name": ("文件", lambda change: title_of(change)),
    "coverage": ("归入条款", lambda change: change.report.get("quality", {}).get("coverage", 2)),
    "doubts": ("待核对", lambda change: -doubts_of(change)),
}


def title_of(change: Change) -> str:
    """What a change is about: the title that was stated, else the one that was read, else the file's name."""
    return str(change.facts.get("title") or change.report.get("title") or change.name or change.document_id or "")


def reading_of(change: Change) -> tuple[str, str]:
    """How the reading of a file went, in words, and how that looks; nothing where there is no file."""
    match change.report.get("state"):
        case "reading":
            return "读取中", "info"
        case "rejected":
            return "读不出", "bad"
        case "read":
            return ("待核对", "warn") if lacking(change) else ("已读取", "good")
    return "", ""


def doubts_of(change: Change) -> int:
    """How many things of a file a person should look at."""
    quality = change.report.get("quality")
    if not quality:
        return 0
    return len(quality["gaps"]) + len(quality["suspects"]) + len(quality["warnings"]) + len(quality["lost"])


def units_of(report: Mapping[str, Any]) -> str:
    """How many clauses of which level."""
    units = report["quality"]["units"]
    return "、".join(f"{UNIT_WORDS.get(level, level)} {count}" for level, count in units)


def correction_words(one: Correction) -> str:
    """A correction in words."""
    words = ACT_WORDS[one.act]
    if one.level is None:
        return words
    suffix = f"之{one.suffix}" if one.suffix else ""
    return f"{words}：{LEVEL_CHOICES[one.level.value]}，编号 {one.number}{suffix}"


def said_of(change: Change) -> Sequence[tuple[int, str]]:
    """The corrections of a change: line, words."""
    return [(one.line, correction_words(one)) for one in corrections_of(change)]


def is_read(change: Change) -> bool:
    """Whether its file was read."""
    return change.report.get("state") == READ


def is_reading(change: Change) -> bool:
    """Whether its file is to be read yet."""
    return change.report.get("state") == READING
